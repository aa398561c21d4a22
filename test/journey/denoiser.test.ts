import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { DenoiserGround, failed, gate } from "../support/denoiser-stand.ts";
import { waves } from "../support/pictures.ts";
import { SetClock } from "../support/set-clock.ts";
import { variedSpec } from "../support/slots.ts";

let ground: DenoiserGround;

beforeAll(async () => {
  ground = await DenoiserGround.open();
});
afterAll(() => ground[Symbol.asyncDispose]());

describe("a picture's start", () => {
  it("is told once its first step was asked, for what is stored then keeps the engine from nothing", async () => {
    const seen: string[] = [];
    const { make } = ground.stand((real) => ({
      openSlot: (spec) => {
        seen.push("open");
        return real.openSlot(spec);
      },
      step: (ids, options) => {
        seen.push("step");
        return real.step(ids, options);
      },
    }));
    ground.expectSame(await make(0, "told", { onStarted: () => void seen.push("started") }), 0);
    expect(seen.slice(0, 3)).toEqual(["open", "step", "started"]);
  });

  it("is told before, where opening its slot takes long", async () => {
    const clock = new SetClock();
    const asked = gate();
    const held = gate();
    const { make } = ground.stand(
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
    ground.expectSame(await made, 0);
  });
});

describe("the engine's work", () => {
  it("is told of a picture that is called off during its step, too", async () => {
    const asked = gate();
    const held = gate();
    const { denoiser, make } = ground.stand((real) => ({
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
    const { make } = ground.stand((real) => ({ openSlot: (spec) => begun.opened.then(() => real.openSlot(spec)) }));
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
    for (const [kind, picture] of (await Promise.all(made)).entries()) ground.expectSame(picture, kind);
    expect(decoded).toHaveLength(3);
  });

  it("fails it alone, and is not taken for a death", async () => {
    const { lines, make } = ground.stand(() => ({}));
    const missing = failed(false);
    const deaths: number[] = [];
    const lost = make(0, "missing", {
      spec: () => Promise.reject(missing),
      onDeath: (count) => void deaths.push(count),
    });
    const other = make(1, "there");
    await expect(lost).rejects.toBe(missing);
    ground.expectSame(await other, 1);
    expect([deaths, lines]).toEqual([[], []]);
  });

  it("is not opened when it was called off while it was decoded", async () => {
    const opened: string[] = [];
    const { make, scheduler, clock } = ground.stand((real) => ({
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
    ground.expectSame(await make(1, "on"), 1);
    expect(opened).toEqual(["on"]);
    expect(scheduler.snapshot(clock.now()).edits).toBe(0);
  });
});

describe("a picture that an edit will name soon", () => {
  it("is encoded while nothing else is to be done, one at a time", async () => {
    const { denoiser, make, encoded } = ground.stand(() => ({}));
    const size = { width: 48, height: 48 };
    const pictures = [0, 1, 2].map((kind) => waves({ width: 40, height: 50 }, 100 + kind));
    const numbers = () => encoded.map((picture) => pictures.indexOf(picture));
    const making = make(0, "first");
    denoiser.foresee(pictures[0]!, size);
    ground.expectSame(await making, 0);
    await vi.waitFor(() => expect(denoiser.idle).toBe(true));
    denoiser.foresee(pictures[1]!, size);
    denoiser.foresee(pictures[2]!, size);
    ground.expectSame(await make(1, "second"), 1);
    expect(numbers()).toEqual([1]);
    await vi.waitFor(() => expect(denoiser.idle).toBe(true));
    denoiser.foresee(pictures[2]!, size);
    denoiser.close();
    denoiser.foresee(pictures[0]!, size);
    expect(numbers()).toEqual([1, 2]);
  });

  it("has its noise drawn, and comes out the same", async () => {
    const { denoiser, make, drawn } = ground.stand(() => ({}));
    const spec = variedSpec(0);
    denoiser.foreseePicture(spec);
    ground.expectSame(await make(0, "foreseen"), 0);
    expect(drawn).toEqual([spec.seed]);
  });
});
