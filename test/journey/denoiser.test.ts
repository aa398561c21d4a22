import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Clock, nextTurn, wallClock } from "../../src/core/clock.ts";
import { Failed, Refused } from "../../src/core/errors.ts";
import type { RgbImage } from "../../src/core/image.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { Supervisor } from "../../src/engine/supervisor.ts";
import { Denoiser, type Picture } from "../../src/journey/denoiser.ts";
import { CostBook } from "../../src/scheduler/cost-book.ts";
import { Scheduler } from "../../src/scheduler/scheduler.ts";
import { waves } from "../support/pictures.ts";
import { SetClock } from "../support/set-clock.ts";
import { cpu, runAlone, variedSpec } from "../support/slots.ts";
import { type TinyModel, tinyModel } from "../support/tiny-model.ts";

let model: TinyModel;
let engine: Supervisor;
let alone: RgbImage[];

beforeAll(async () => {
  model = await tinyModel();
  engine = new Supervisor();
  await engine.load(model.folder, cpu);
  alone = [];
  for (let kind = 0; kind < 3; kind += 1) alone.push(await runAlone(engine, variedSpec(kind, `alone-${kind}`)));
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

const bucket = "64x48";
const failed = (retryable = true) => new Failed("ENGINE_FAILED", "out of memory", { retryable });

type Calls = Pick<Engine, "openSlot" | "step">;

/** The real engine behind a scheduler and a denoiser, with some of its calls made to fail before they reach it. */
function stand(
  faults: (engine: Calls) => Partial<Calls>,
  clock: Clock = wallClock,
  revive: () => Promise<unknown> = async () => {},
) {
  const costs = new CostBook({ model: "tiny", provider: "cpu", device: "here" });
  // Sharing costs nothing, so that whatever may share a step does.
  for (const rows of [1, 2, 4])
    for (let i = 0; i < 9; i += 1) costs.observe({ kind: "step", bucket, tokens: 50, rows, ms: 20 });
  const scheduler = new Scheduler({ costs });
  const steps: (readonly string[])[] = [];
  const calls: Calls = {
    openSlot: (spec) => engine.openSlot(spec),
    step: (ids, options) => engine.step(ids, options),
  };
  const { openSlot, step } = { ...calls, ...faults(calls) };
  const encoded: RgbImage[] = [];
  const drawn: number[] = [];
  const watched: Pick<
    Engine,
    "encodeImage" | "encodePrompt" | "drawNoise" | "openSlot" | "step" | "decode" | "closeSlot" | "health"
  > = {
    get health() {
      return engine.health;
    },
    encodeImage: (image, size) => {
      encoded.push(image);
      return engine.encodeImage(image, size);
    },
    encodePrompt: (prompt) => engine.encodePrompt(prompt),
    drawNoise: (spec) => {
      drawn.push(spec.seed);
      return engine.drawNoise(spec);
    },
    openSlot,
    step: (ids, options) => {
      steps.push(ids);
      return step(ids, options);
    },
    decode: (slot) => engine.decode(slot),
    closeSlot: (slot) => engine.closeSlot(slot),
  };
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const denoiser = new Denoiser({ engine: watched as Engine, scheduler, clock, revive, log });
  const make = (
    kind: number,
    id: string,
    changes: Partial<Picture> = {},
    signal = new AbortController().signal,
  ): Promise<RgbImage> => {
    const { slot: _, ...spec } = variedSpec(kind, id);
    const job = {
      id,
      account: `account-${kind}`,
      weight: 1,
      priority: "normal",
      bucket,
      bucketTokens: 50,
      steps: spec.steps,
      rowsPerStep: 1,
      latentBytes: 1000,
      concurrencyMax: 8,
    } as const;
    expect(scheduler.submit(job, clock.now())).toEqual({ admitted: true });
    const told = { onStarted: () => {}, onStep: () => {}, onWorked: () => {}, onDeath: () => {} };
    const picture: Picture = { job, spec: async () => spec, deaths: 0, ...told, wantsPreview: () => false, ...changes };
    return denoiser.make(picture, signal);
  };
  return { denoiser, scheduler, clock, costs, steps, lines, encoded, drawn, make };
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function expectSame(picture: RgbImage, kind: number): void {
  expect(Buffer.compare(picture.data, alone[kind]!.data), `picture of kind ${kind}`).toBe(0);
}

describe("a call that fails while the engine lives", () => {
  it("is told of each picture in it once, and each is made alone, in its own bucket", async () => {
    const { scheduler, clock, costs, steps, make } = stand((real) => ({
      step: (ids, options) => (ids.length > 1 ? Promise.reject(failed()) : real.step(ids, options)),
    }));
    const deaths: [string, number][] = [];
    const buckets = new Set<string>();
    const changes = (id: string, before: number) => ({
      deaths: before,
      onDeath: (count: number) => void deaths.push([id, count]),
      onStep: () => {
        for (const at of scheduler.snapshot(clock.now()).buckets) buckets.add(at.bucket);
      },
    });
    const made = [make(0, "lost-0", changes("lost-0", 0)), make(1, "lost-1", changes("lost-1", 1))];
    const pictures = await Promise.all(made);
    for (const [kind, picture] of pictures.entries()) expectSame(picture, kind);
    expect(deaths).toEqual(
      expect.arrayContaining([
        ["lost-0", 1],
        ["lost-1", 2],
      ]),
    );
    expect(deaths).toHaveLength(2);
    expect(steps.filter((ids) => ids.length > 1)).toHaveLength(1);
    expect([...buckets]).toEqual([bucket]);
    expect(costs.toJSON().buckets.map((at) => at.bucket)).toEqual([bucket]);
    expect((await engine.status()).child?.slots).toEqual([]);
  });

  it("gives a picture up that it failed three times, and goes on with the others", async () => {
    const { scheduler, clock, make } = stand((real) => ({
      step: (ids, options) => (ids.includes("guilty") ? Promise.reject(failed()) : real.step(ids, options)),
    }));
    const guilty = make(0, "guilty");
    const innocent = make(1, "innocent");
    await expect(guilty).rejects.toMatchObject({ code: "ENGINE_FAILED", retryable: false });
    expectSame(await innocent, 1);
    expect(scheduler.snapshot(clock.now()).edits).toBe(0);
  });

  it("refuses the pictures of a step that the engine refuses, and no others", async () => {
    let refused = false;
    const { denoiser, make } = stand((real) => ({
      step: (ids, options) => {
        if (refused) return real.step(ids, options);
        refused = true;
        return Promise.reject(new Refused("BAD_INPUT", "these slots differ in their geometry"));
      },
    }));
    await expect(make(0, "refused")).rejects.toMatchObject({ code: "BAD_INPUT" });
    expectSame(await make(1, "after"), 1);
    while (!denoiser.idle) await nextTurn();
  });

  it("is tried again only when what was on its way, such as the engine's exit, has come in", async () => {
    let gone = true;
    const deaths: number[] = [];
    const { make } = stand((real) => ({ openSlot: (spec) => (gone ? Promise.reject(failed()) : real.openSlot(spec)) }));
    setImmediate(() => {
      gone = false;
    });
    expectSame(await make(0, "unreached", { onDeath: (count) => void deaths.push(count) }), 0);
    expect(deaths).toEqual([1]);
  });
});

describe("a death of the engine", () => {
  it("before an opening reaches it costs the picture nothing: the next engine makes it", async () => {
    let killed = false;
    const { make } = stand((real) => ({
      openSlot: async (spec) => {
        if (!killed) {
          killed = true;
          const { deaths, pid } = engine.health;
          process.kill(pid!, "SIGKILL");
          while (engine.health.deaths === deaths) await nextTurn();
        }
        return real.openSlot(spec);
      },
    }));
    const deaths: number[] = [];
    expectSame(await make(0, "outlives", { onDeath: (count) => void deaths.push(count) }), 0);
    expect(deaths).toEqual([]);
    expect((await engine.status()).child?.slots).toEqual([]);
  });
});

describe("an engine that is down", () => {
  it("costs no picture anything, however long that lasts: those that wait are made once it is up", async () => {
    const clock = new SetClock();
    const { lines, make } = stand(
      () => ({}),
      clock,
      () => engine.load(model.folder, cpu),
    );
    const manifest = join(model.folder, "manifest.json");
    await rename(manifest, `${manifest}.away`);
    const { deaths, pid } = engine.health;
    process.kill(pid!, "SIGKILL");
    while (engine.health.deaths === deaths) await nextTurn();
    const onDeath = vi.fn();
    // The first call waits for the restart, whose error it gets; those after it find that there is no engine.
    const made = [0, 1].map((kind) => make(kind, `waits-${kind}`, { onDeath }));
    for (const told of [1, 3, 5]) {
      await vi.waitFor(() => expect(lines).toHaveLength(told), { timeout: 20_000 });
      if (told === 5) await rename(`${manifest}.away`, manifest);
      clock.advance(10_000);
    }
    for (const [kind, picture] of (await Promise.all(made)).entries()) expectSame(picture, kind);
    expect(onDeath).not.toHaveBeenCalled();
  });
});

describe("a picture's start", () => {
  it("is told once its first step was asked, for what is stored then keeps the engine from nothing", async () => {
    const seen: string[] = [];
    const { make } = stand((real) => ({
      openSlot: (spec) => {
        seen.push("open");
        return real.openSlot(spec);
      },
      step: (ids, options) => {
        seen.push("step");
        return real.step(ids, options);
      },
    }));
    expectSame(await make(0, "told", { onStarted: () => void seen.push("started") }), 0);
    expect(seen.slice(0, 3)).toEqual(["open", "step", "started"]);
  });

  it("is told before, where opening its slot takes long", async () => {
    const clock = new SetClock();
    const asked = gate();
    const held = gate();
    const { make } = stand(
      (real) => ({
        openSlot: async (spec) => {
          asked.open();
          await held.opened;
          return real.openSlot(spec);
        },
      }),
      clock,
    );
    const onStarted = vi.fn();
    const made = make(0, "slow", { onStarted });
    await asked.opened;
    clock.advance(49);
    expect(onStarted).not.toHaveBeenCalled();
    clock.advance(1);
    expect(onStarted).toHaveBeenCalledOnce();
    held.open();
    expectSame(await made, 0);
  });
});

describe("the engine's work", () => {
  it("is told of a picture that is called off during its step, too", async () => {
    const asked = gate();
    const held = gate();
    const { denoiser, make } = stand((real) => ({
      step: async (ids, options) => {
        const report = await real.step(ids, options);
        asked.open();
        await held.opened;
        return report;
      },
    }));
    const onWorked = vi.fn();
    const calling = new AbortController();
    const off = make(0, "worked-on", { onWorked }, calling.signal);
    await asked.opened;
    const opening = onWorked.mock.calls.length;
    calling.abort();
    await expect(off).rejects.toMatchObject({ code: "CANCELLED" });
    held.open();
    while (!denoiser.idle) await nextTurn();
    expect(onWorked).toHaveBeenCalledTimes(opening + 1);
  });
});

describe("what a picture is made from", () => {
  const specOf = (kind: number) => async () => variedSpec(kind);

  it("is decoded when its slot is opened, not while it waits", async () => {
    const decoded: string[] = [];
    const begun = gate();
    const { make } = stand((real) => ({ openSlot: (spec) => begun.opened.then(() => real.openSlot(spec)) }));
    const made = [0, 1, 2].map((kind) =>
      make(kind, `late-${kind}`, {
        spec: () => {
          decoded.push(`late-${kind}`);
          return specOf(kind)();
        },
      }),
    );
    await nextTurn();
    expect(decoded).toHaveLength(1);
    begun.open();
    for (const [kind, picture] of (await Promise.all(made)).entries()) expectSame(picture, kind);
    expect(decoded).toHaveLength(3);
  });

  it("fails it alone, and is not taken for a death", async () => {
    const { lines, make } = stand(() => ({}));
    const missing = failed(false);
    const deaths: number[] = [];
    const lost = make(0, "missing", {
      spec: () => Promise.reject(missing),
      onDeath: (count) => void deaths.push(count),
    });
    const other = make(1, "there");
    await expect(lost).rejects.toBe(missing);
    expectSame(await other, 1);
    expect([deaths, lines]).toEqual([[], []]);
  });

  it("is not opened when it was called off while it was decoded", async () => {
    const opened: string[] = [];
    const { make, scheduler, clock } = stand((real) => ({
      openSlot: (spec) => {
        opened.push(spec.slot);
        return real.openSlot(spec);
      },
    }));
    const decoding = gate();
    const calling = new AbortController();
    const off = make(0, "off", { spec: () => decoding.opened.then(specOf(0)) }, calling.signal);
    calling.abort();
    await expect(off).rejects.toMatchObject({ code: "CANCELLED" });
    decoding.open();
    expectSame(await make(1, "on"), 1);
    expect(opened).toEqual(["on"]);
    expect(scheduler.snapshot(clock.now()).edits).toBe(0);
  });
});

describe("a bug while the engine is driven", () => {
  it("is logged and told to whoever waits, and the next picture is made", async () => {
    const { denoiser, lines, make } = stand((real) => ({
      step: (ids, options) => (ids.includes("met") ? Promise.reject(failed()) : real.step(ids, options)),
    }));
    const bug = new Error("not counted");
    const onDeath = () => {
      throw bug;
    };
    await expect(make(0, "met", { onDeath })).rejects.toBe(bug);
    expect(lines.at(-1)).toMatch(/bug.*not counted/);
    expect(denoiser.idle).toBe(true);
    expectSame(await make(1, "later"), 1);
  });
});

describe("a picture that an edit will name soon", () => {
  it("is encoded while nothing else is to be done, one at a time", async () => {
    const { denoiser, make, encoded } = stand(() => ({}));
    const size = { width: 48, height: 48 };
    const pictures = [0, 1, 2].map((kind) => waves({ width: 40, height: 50 }, 100 + kind));
    const numbers = () => encoded.map((picture) => pictures.indexOf(picture));
    const making = make(0, "first");
    denoiser.foresee(pictures[0]!, size);
    expectSame(await making, 0);
    await vi.waitFor(() => expect(denoiser.idle).toBe(true));
    denoiser.foresee(pictures[1]!, size);
    denoiser.foresee(pictures[2]!, size);
    expectSame(await make(1, "second"), 1);
    expect(numbers()).toEqual([1]);
    await vi.waitFor(() => expect(denoiser.idle).toBe(true));
    denoiser.foresee(pictures[2]!, size);
    denoiser.close();
    denoiser.foresee(pictures[0]!, size);
    expect(numbers()).toEqual([1, 2]);
  });

  it("has its noise drawn, and comes out the same", async () => {
    const { denoiser, make, drawn } = stand(() => ({}));
    const spec = variedSpec(0);
    denoiser.foreseePicture(spec);
    expectSame(await make(0, "foreseen"), 0);
    expect(drawn).toEqual([spec.seed]);
  });
});

describe("closing", () => {
  it("does not wait until an engine that was given up would be asked again", async () => {
    const clock = new SetClock();
    const { denoiser, make } = stand(() => ({ openSlot: () => Promise.reject(failed(false)) }), clock);
    void make(0, "never").catch(() => {});
    while (clock.waiting === 0) await nextTurn();
    denoiser.close();
    expect(clock.waiting).toBe(0);
    await nextTurn();
    expect(denoiser.idle).toBe(true);
  });
});
