import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planEdit } from "../../src/journey/plan.ts";
import { type Manifest, readManifest } from "../../src/model/manifest.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;
let manifest: Manifest;
beforeAll(async () => {
  model = await tinyModel();
  ({ manifest } = await readManifest(model.folder));
});
afterAll(() => model[Symbol.asyncDispose]());

describe("planEdit", () => {
  const masked = (more: object) => {
    const wish = { prompt: "make it night", imageIds: ["picture"], maskId: "mask", ...more };
    return planEdit(wish, manifest, { width: 64, height: 48 }, () => 1);
  };

  it.each([0, 1e-17, 1.1, -0.1])("refuses the strength %d, which the engine would refuse later", (strength) => {
    const refused = { code: "BAD_INPUT", faults: [expect.stringMatching(/^strength /)] };
    expect(() => masked({ strength, steps: 28 })).toThrow(expect.objectContaining(refused));
  });

  it("takes a strength that leaves a step", () => {
    expect(masked({ strength: 1e-10, steps: 28 })).toMatchObject({ strength: 1e-10, steps: 28 });
  });
});
