import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RgbImage } from "../../src/core/image.ts";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { cpu, runAlone, variedSpec } from "../support/slots.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;

beforeAll(async () => {
  model = await tinyModel();
});
afterAll(async () => {
  await model[Symbol.asyncDispose]();
});

const rounds = process.env.PENTIMENTO_TEST_FULL === "1" ? 100 : 15;
/** From the kill to the rejection of every call in flight. */
const rejectionMsMax = 100;

describe("a child killed in the middle of a step", () => {
  it(`${rounds} times: no call hangs, each fails in time, the next edit succeeds with the same pixels`, async () => {
    await using engine = new Supervisor();
    await engine.load(model.folder, cpu);
    const spec = variedSpec(0);
    const picture = await runAlone(engine, spec);
    const rejections: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await engine.openSlot(spec);
      const calls = [
        engine.step([spec.slot]),
        engine.step([spec.slot]),
        engine.decode(spec.slot),
        engine.encodePrompt(`round ${round}`),
      ];
      const killedAt = performance.now();
      process.kill(engine.health.pid!, "SIGKILL");
      const outcomes = await Promise.allSettled(calls);
      rejections.push(performance.now() - killedAt);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: { name: "Failed", code: "ENGINE_FAILED", retryable: true },
        });
      }
      if (round % 20 === 0) expect(samePixels(await runAlone(engine, spec), picture)).toBe(true);
    }
    expect(samePixels(await runAlone(engine, spec), picture)).toBe(true);
    expect(Math.max(...rejections)).toBeLessThan(rejectionMsMax);
    expect(engine.health).toMatchObject({ state: "up", deaths: rounds });
  }, 300_000);
});

function samePixels(a: RgbImage, b: RgbImage): boolean {
  return Buffer.compare(Buffer.from(a.data), Buffer.from(b.data)) === 0;
}
