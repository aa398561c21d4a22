import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RgbImage } from "../../src/core/image.ts";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { cpu, runAlone, variedSpec } from "../support/slots.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;
let engine: Supervisor;
const edits = [0, 1, 2, 3, 4, 5];
let alone: RgbImage[];

beforeAll(async () => {
  model = await tinyModel();
  engine = new Supervisor();
  await engine.load(model.folder, cpu);
  alone = [];
  for (const number of edits) alone.push(await runAlone(engine, variedSpec(number)));
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

const same = (a: RgbImage, b: RgbImage) => Buffer.compare(Buffer.from(a.data), Buffer.from(b.data)) === 0;

describe("a batch", () => {
  it("has edits that differ alone", () => {
    for (const i of edits) for (const j of edits) if (i < j) expect(same(alone[i]!, alone[j]!)).toBe(false);
  });

  it("of four differing edits gives each the bits it has alone, in any row", async () => {
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [4, 5, 3, 1],
    ]) {
      const specs = order.map((number) => variedSpec(number));
      const open = new Map<string, number>();
      for (const spec of specs) open.set(spec.slot, (await engine.openSlot(spec)).steps);
      while (open.size > 0) {
        for (const { slot, done } of (await engine.step([...open.keys()])).slots) if (done) open.delete(slot);
      }
      for (const [i, spec] of specs.entries()) {
        expect(same(await engine.decode(spec.slot), alone[order[i]!]!)).toBe(true);
        await engine.closeSlot(spec.slot);
      }
    }
  });

  it("keeps every edit's bits whoever joins, pauses or leaves between steps", async () => {
    const schedule = fc.array(
      fc.record({ steps: fc.uniqueArray(fc.nat(5), { maxLength: 4 }), drop: fc.option(fc.nat(5), { freq: 8 }) }),
      {
        minLength: 4,
        maxLength: 14,
      },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(schedule, async (rounds) => {
        run += 1;
        const name = (number: number) => `run-${run}-${number}`;
        const state = new Map<number, "running" | "done" | "dropped">();
        const stepTogether = async (numbers: readonly number[]) => {
          for (const number of numbers) {
            if (state.has(number)) continue;
            await engine.openSlot(variedSpec(number, name(number)));
            state.set(number, "running");
          }
          const running = numbers.filter((number) => state.get(number) === "running");
          if (running.length === 0) return;
          const report = await engine.step(running.map(name));
          for (const [i, { done }] of report.slots.entries()) if (done) state.set(running[i]!, "done");
        };
        for (const { steps, drop } of rounds) {
          if (drop !== null && state.get(drop) === "running") {
            await engine.closeSlot(name(drop));
            state.set(drop, "dropped");
          }
          await stepTogether(steps);
        }
        const left = () => [...state].filter(([, what]) => what === "running").map(([number]) => number);
        while (left().length > 0) await stepTogether(left().slice(0, 3));
        for (const [number, what] of state) {
          if (what !== "done") continue;
          expect(same(await engine.decode(name(number)), alone[number]!)).toBe(true);
          await engine.closeSlot(name(number));
        }
      }),
      { numRuns: 25, seed: 20261123 },
    );
    expect((await engine.status()).child?.slots).toEqual([]);
  });
});
