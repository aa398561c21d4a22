import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clock, wallClock } from "../../src/core/clock.ts";
import type { RgbImage } from "../../src/core/image.ts";
import type { Engine, SlotSpec } from "../../src/engine/engine.ts";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { Denoiser } from "../../src/journey/denoiser.ts";
import { CostBook } from "../../src/scheduler/cost-book.ts";
import { type Job, priorities } from "../../src/scheduler/job.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { cpu, runAlone, variedSpec } from "../support/slots.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;
let engine: Supervisor;
let alone: RgbImage[];
const kinds = 8;

/** Two geometries; in each, edits that differ in everything else. */
function specOf(kind: number, slot: string): SlotSpec {
  const spec = variedSpec(kind, slot);
  return kind % 2 === 0 ? spec : { ...spec, size: { width: 48, height: 64 } };
}

beforeAll(async () => {
  model = await tinyModel();
  engine = new Supervisor();
  await engine.load(model.folder, cpu);
  alone = [];
  for (let kind = 0; kind < kinds; kind += 1) alone.push(await runAlone(engine, specOf(kind, `alone-${kind}`)));
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

interface Arrival {
  readonly kind: number;
  /** Steps of the engine before it comes. */
  readonly after: number;
  readonly account: number;
  readonly priority: Job["priority"];
  /** Its own steps before it is called off; null lets it finish. */
  readonly cancelAfter: number | null;
}

interface World {
  readonly arrivals: readonly Arrival[];
  /** How a step of n rows costs: 0 flat, where sharing pays, to 1 linear, where it does not. */
  readonly slope: number;
  /** Edits that may be open at once: fewer than arrive, so that paused ones are closed and opened anew. */
  readonly openMax: number;
}

const worlds: fc.Arbitrary<World> = fc.record({
  arrivals: fc.array(
    fc.record({
      kind: fc.nat(kinds - 1),
      after: fc.nat(6),
      account: fc.nat(2),
      priority: fc.constantFrom(...priorities),
      cancelAfter: fc.constantFrom(null, null, null, 0, 1, 2),
    }),
    { minLength: 2, maxLength: 8 },
  ),
  slope: fc.constantFrom(0, 0.3, 1),
  openMax: fc.constantFrom(1, 2, 60),
});

function jobOf({ kind, account, priority }: Arrival, id: string): Job {
  const { size, steps, trueCfg } = specOf(kind, id);
  return {
    id,
    account: `account-${account}`,
    weight: 1,
    priority,
    bucket: `${size.width}x${size.height}`,
    bucketTokens: 50,
    steps,
    rowsPerStep: trueCfg === undefined ? 1 : 2,
    latentBytes: 1000,
    concurrencyMax: 8,
  };
}

/** What a step of so many rows costs, in milliseconds of the world's clock. */
const stepMs = (rows: number, slope: number) => 20 * (1 + slope * (rows - 1));

function costsOf(slope: number): CostBook {
  const costs = new CostBook({ model: "tiny", provider: "cpu", device: "here" });
  for (const bucket of ["64x48", "48x64"])
    for (const rows of [1, 2, 4, 8])
      for (let i = 0; i < 5; i += 1) costs.observe({ kind: "step", bucket, tokens: 50, rows, ms: stepMs(rows, slope) });
  return costs;
}

/** Time moves by what the engine is asked for alone, so that the scheduler decides the same on every machine. */
class WorldClock implements Clock {
  #ms = 0;
  now = () => this.#ms;
  date = () => new Date(this.#ms);
  after = wallClock.after;

  async takes<Answer>(ms: number, answer: Promise<Answer>): Promise<Answer> {
    const got = await answer;
    this.#ms += ms;
    return got;
  }
}

/** What the scheduler did over all worlds. */
const seen = { shared: 0, joined: 0, paused: 0, reopened: 0, cancelled: 0, finished: 0 };

/** Runs a world and checks every picture that was not called off. */
async function live({ arrivals, slope, openMax }: World, name: string): Promise<void> {
  const scheduler = new Scheduler({ costs: costsOf(slope), limits: { openMax } });
  const clock = new WorldClock();
  let steps = 0;
  let last: readonly string[] = [];
  const done = new Map<string, number>();
  const opened = new Set<string>();
  const watched: Pick<Engine, "openSlot" | "step" | "decode" | "closeSlot" | "health"> = {
    get health() {
      return engine.health;
    },
    openSlot: (spec) => {
      if (opened.has(spec.slot)) seen.reopened += 1;
      opened.add(spec.slot);
      done.set(spec.slot, 0);
      return clock.takes(5, engine.openSlot(spec));
    },
    decode: (slot) => clock.takes(10, engine.decode(slot)),
    closeSlot: (slot) => engine.closeSlot(slot),
    step: async (ids, options) => {
      const report = await clock.takes(stepMs(ids.length, slope), engine.step(ids, options));
      if (ids.length > 1) seen.shared += 1;
      if (last.some((id) => ids.includes(id)) && ids.some((id) => !last.includes(id))) seen.joined += 1;
      seen.paused += last.filter((id) => !ids.includes(id) && waiting.has(id)).length;
      for (const { slot, done: ended } of report.slots) {
        done.set(slot, done.get(slot)! + 1);
        if (ended) waiting.delete(slot);
        else waiting.add(slot);
      }
      last = ids;
      steps += 1;
      letIn();
      return report;
    },
  };
  /** Begun and with steps left. */
  const waiting = new Set<string>();
  const denoiser = new Denoiser({
    engine: watched as Engine,
    scheduler,
    clock,
    revive: async () => {},
    log: (line) => expect.unreachable(line),
  });
  const made: Promise<void>[] = [];
  const toCome = arrivals.map((arrival, i) => ({ arrival, id: `${name}-${i}` }));
  const letIn = () => {
    const now = toCome.filter(({ arrival }) => arrival.after <= steps);
    for (const one of now) {
      toCome.splice(toCome.indexOf(one), 1);
      made.push(send(one.arrival, one.id));
    }
  };
  const send = async (arrival: Arrival, id: string): Promise<void> => {
    const job = jobOf(arrival, id);
    expect(scheduler.submit(job, clock.now())).toEqual({ admitted: true });
    const controller = new AbortController();
    let own = 0;
    const callOff = () => {
      if (own === arrival.cancelAfter) controller.abort();
    };
    const { slot: _, ...spec } = specOf(arrival.kind, id);
    const making = denoiser.make(
      {
        job,
        spec: async () => spec,
        deaths: 0,
        onStarted: () => {},
        onStep: () => {
          own += 1;
          callOff();
        },
        onWorked: () => {},
        onDeath: () => expect.unreachable("the engine died"),
        wantsPreview: () => false,
      },
      controller.signal,
    );
    callOff();
    const picture = await making.catch((error: { code?: string }) => {
      expect(error).toMatchObject({ code: "CANCELLED" });
      expect(arrival.cancelAfter).not.toBeNull();
      waiting.delete(id);
      seen.cancelled += 1;
    });
    if (picture === undefined) return;
    expect(Buffer.compare(picture.data, alone[arrival.kind]!.data), `picture of kind ${arrival.kind}`).toBe(0);
    seen.finished += 1;
  };
  while (made.length > 0 || toCome.length > 0) {
    letIn();
    await Promise.all(made.splice(0));
    // Nothing runs any more: whoever was to come later comes now.
    if (made.length === 0) steps = Math.max(steps, Math.min(...toCome.map(({ arrival }) => arrival.after)));
  }
  expect(scheduler.snapshot(clock.now()).edits).toBe(0);
}

describe("a picture", () => {
  it("has the bits it has alone, in whatever mixture the scheduler forms", async () => {
    let run = 0;
    const next = () => {
      run += 1;
      return `world-${run}`;
    };
    await fc.assert(
      fc.asyncProperty(worlds, (world) => live(world, next())),
      { numRuns: 60, seed: 20261128 },
    );
    expect((await engine.status()).child?.slots).toEqual([]);
    // The law would hold of nothing if the scheduler had not done all that it can do.
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(5);
  });
});
