import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clock, wallClock } from "../../src/core/clock.ts";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { CostSurvey } from "../../src/journey/cost-survey.ts";
import { readManifest } from "../../src/model/manifest.ts";
import { CostBook } from "../../src/scheduler/cost-book.ts";
import { cpu } from "../support/slots.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;
let engine: Supervisor;
beforeAll(async () => {
  model = await tinyModel();
  engine = new Supervisor();
  await engine.load(model.folder, cpu);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

/** Real durations, waits that are over at once. */
const hasty: Clock = { ...wallClock, after: (_, callback) => wallClock.after(0, callback) };

async function survey(given: { isIdle?: () => boolean; budgetMs?: number; costs?: CostBook } = {}) {
  const { isIdle = () => true, budgetMs = 60_000 } = given;
  const costs = given.costs ?? new CostBook({ model: "tiny", provider: "cpu", device: "here" });
  const { manifest } = await readManifest(model.folder);
  const log = (line: string) => expect.unreachable(line);
  const started = new CostSurvey({ engine, costs, manifest, isIdle, budgetMs, clock: hasty, log });
  started.start();
  return {
    survey: started,
    costs,
    measured: () => costs.toJSON().buckets.map(({ step }) => step.map(([rows]) => rows)),
  };
}

describe("the survey of costs", () => {
  it("measures steps of one row and of several, with a picture and without, and leaves no slot open", async () => {
    const { survey: going, costs, measured } = await survey();
    await going.ended;
    expect(costs.toJSON().buckets.map(({ bucket }) => bucket)).toEqual(["64x64/64x64/32", "64x64/none/32"]);
    for (const rows of measured()) expect(rows).toEqual(expect.arrayContaining([1, 2, 4]));
    for (const { open, decode } of costs.toJSON().buckets) expect([open.length > 0, decode.length]).toEqual([true, 1]);
    expect((await engine.status()).child?.slots).toEqual([]);
  });

  it("measures nothing again that the book holds", async () => {
    const first = await survey();
    await first.survey.ended;
    const before = JSON.stringify(first.costs);
    await (await survey({ costs: first.costs })).survey.ended;
    expect(JSON.stringify(first.costs)).toBe(before);
  });

  it("waits while edits want the engine, and ends when it is told to or its budget is spent", async () => {
    // By its clock three times as long as the engine must have had nothing to do.
    let [looksLeft, onLast] = [20, () => {}];
    const looked = new Promise<void>((resolve) => {
      onLast = resolve;
    });
    const isIdle = () => {
      looksLeft -= 1;
      if (looksLeft === 0) onLast();
      return false;
    };
    const busy = await survey({ isIdle });
    await looked;
    await busy.survey.stop();
    expect(busy.measured()).toEqual([]);
    const poor = await survey({ budgetMs: 0 });
    await poor.survey.ended;
    expect(poor.measured()).toEqual([]);
  });
});
