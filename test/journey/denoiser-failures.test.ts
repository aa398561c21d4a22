import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { Refused } from "../../src/core/errors.ts";
import { bucket, DenoiserGround, failed } from "../support/denoiser-stand.ts";
import { SetClock } from "../support/set-clock.ts";
import { cpu } from "../support/slots.ts";

let ground: DenoiserGround;

beforeAll(async () => {
  ground = await DenoiserGround.open();
});
afterAll(() => ground[Symbol.asyncDispose]());

describe("a call that fails while the engine lives", () => {
  it("is told of each picture in it once, and each is made alone, in its own bucket", async () => {
    const { scheduler, clock, costs, steps, make } = ground.stand((real) => ({
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
    for (const [kind, picture] of pictures.entries()) ground.expectSame(picture, kind);
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
    expect((await ground.engine.status()).child?.slots).toEqual([]);
  });

  it("gives a picture up that it failed three times, and goes on with the others", async () => {
    const { scheduler, clock, make } = ground.stand((real) => ({
      step: (ids, options) => (ids.includes("guilty") ? Promise.reject(failed()) : real.step(ids, options)),
    }));
    const guilty = make(0, "guilty");
    const innocent = make(1, "innocent");
    await expect(guilty).rejects.toMatchObject({ code: "ENGINE_FAILED", retryable: false });
    ground.expectSame(await innocent, 1);
    expect(scheduler.snapshot(clock.now()).edits).toBe(0);
  });

  it("refuses the pictures of a step that the engine refuses, and no others", async () => {
    let refused = false;
    const { denoiser, make } = ground.stand((real) => ({
      step: (ids, options) => {
        if (refused) return real.step(ids, options);
        refused = true;
        return Promise.reject(new Refused("BAD_INPUT", "these slots differ in their geometry"));
      },
    }));
    await expect(make(0, "refused")).rejects.toMatchObject({ code: "BAD_INPUT" });
    ground.expectSame(await make(1, "after"), 1);
    while (!denoiser.idle) await nextTurn();
  });

  it("is tried again only when what was on its way, such as the engine's exit, has come in", async () => {
    let gone = true;
    const deaths: number[] = [];
    const { make } = ground.stand((real) => ({
      openSlot: (spec) => (gone ? Promise.reject(failed()) : real.openSlot(spec)),
    }));
    setImmediate(() => {
      gone = false;
    });
    ground.expectSame(await make(0, "unreached", { onDeath: (count) => void deaths.push(count) }), 0);
    expect(deaths).toEqual([1]);
  });
});

describe("a death of the engine", () => {
  it("before an opening reaches it costs the picture nothing: the next engine makes it", async () => {
    let killed = false;
    const { make } = ground.stand((real) => ({
      openSlot: async (spec) => {
        if (!killed) {
          killed = true;
          const { deaths, pid } = ground.engine.health;
          process.kill(pid!, "SIGKILL");
          while (ground.engine.health.deaths === deaths) await nextTurn();
        }
        return real.openSlot(spec);
      },
    }));
    const deaths: number[] = [];
    ground.expectSame(await make(0, "outlives", { onDeath: (count) => void deaths.push(count) }), 0);
    expect(deaths).toEqual([]);
    expect((await ground.engine.status()).child?.slots).toEqual([]);
  });
});

describe("an engine that is down", () => {
  it("costs no picture anything, however long that lasts: those that wait are made once it is up", async () => {
    const clock = new SetClock();
    const { lines, make } = ground.stand(
      () => ({}),
      clock,
      () => ground.engine.load(ground.model.folder, cpu),
    );
    const manifest = join(ground.model.folder, "manifest.json");
    await rename(manifest, `${manifest}.away`);
    const { deaths, pid } = ground.engine.health;
    process.kill(pid!, "SIGKILL");
    while (ground.engine.health.deaths === deaths) await nextTurn();
    const onDeath = vi.fn();
    // The first call waits for the restart, whose error it gets; those after it find that there is no engine.
    const made = [0, 1].map((kind) => make(kind, `waits-${kind}`, { onDeath }));
    for (const told of [1, 3, 5]) {
      await vi.waitFor(() => expect(lines).toHaveLength(told), { timeout: 20_000 });
      if (told === 5) await rename(`${manifest}.away`, manifest);
      clock.advance(10_000);
    }
    for (const [kind, picture] of (await Promise.all(made)).entries()) ground.expectSame(picture, kind);
    expect(onDeath).not.toHaveBeenCalled();
  });
});

describe("a bug while the engine is driven", () => {
  it("is logged and told to whoever waits, and the next picture is made", async () => {
    const { denoiser, lines, make } = ground.stand((real) => ({
      step: (ids, options) => (ids.includes("met") ? Promise.reject(failed()) : real.step(ids, options)),
    }));
    const bug = new Error("not counted");
    const onDeath = () => {
      throw bug;
    };
    await expect(make(0, "met", { onDeath })).rejects.toBe(bug);
    expect(lines.at(-1)).toMatch(/bug.*not counted/);
    expect(denoiser.idle).toBe(true);
    ground.expectSame(await make(1, "later"), 1);
  });
});

describe("closing", () => {
  it("does not wait until an engine that was given up would be asked again", async () => {
    const clock = new SetClock();
    const { denoiser, make } = ground.stand(() => ({ openSlot: () => Promise.reject(failed(false)) }), clock);
    void make(0, "never").catch(() => {});
    while (clock.waiting === 0) await nextTurn();
    denoiser.close();
    expect(clock.waiting).toBe(0);
    await nextTurn();
    expect(denoiser.idle).toBe(true);
  });
});
