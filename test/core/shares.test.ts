import { expect, it } from "vitest";
import { nextTurn } from "../../src/core/clock.ts";
import { Shares } from "../../src/core/shares.ts";

it("one account gets its share and no more, and whoever waits begins in the order of coming", async () => {
  const shares = new Shares({ max: 3, accountMax: 2 });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string) =>
    shares.run(name[0]!, () => {
      begun.push(name);
      return new Promise<void>((end) => ends.set(name, end));
    });
  const all = ["a1", "a2", "a3", "b1", "b2", "c1"].map(run);
  expect(begun).toEqual(["a1", "a2", "b1"]);
  expect(["a", "b", "c"].map((account) => shares.full(account))).toEqual(["account", "all", "all"]);
  expect(["a", "b", "c"].map((account) => shares.waiting(account))).toEqual([1, 1, 1]);
  ends.get("b1")!();
  await nextTurn();
  expect(begun.slice(3)).toEqual(["b2"]);
  ends.get("b2")!();
  await nextTurn();
  ends.get("a2")!();
  await nextTurn();
  expect(begun.slice(4)).toEqual(["c1", "a3"]);
  for (const name of ["a1", "a3", "c1"]) ends.get(name)!();
  await Promise.all(all);
  expect([shares.full("a"), shares.waiting("a")]).toEqual([undefined, 0]);
});

it("work counts by its weight, and where a heavy one ends several light ones begin", async () => {
  const shares = new Shares({ max: 10, accountMax: 8 });
  let end = () => {};
  const heavy = shares.run(
    "a",
    () =>
      new Promise<void>((ended) => {
        end = ended;
      }),
    8,
  );
  expect([shares.full("a"), shares.full("b", 2), shares.full("b", 3)]).toEqual(["account", undefined, "all"]);
  const refused = shares.runNow(
    "b",
    async () => {},
    (full) => new Error(full),
    3,
  );
  await expect(refused).rejects.toThrow("all");
  const begun: string[] = [];
  const light = ["b", "c"].map((account) => shares.run(account, async () => begun.push(account), 4));
  expect(begun).toEqual([]);
  end();
  await Promise.all([heavy, ...light]);
  expect(begun).toEqual(["b", "c"]);
  expect(shares.full("a", 8)).toBeUndefined();
});

it("work that fails makes room too", async () => {
  const shares = new Shares({ max: 1, accountMax: 1 });
  await expect(shares.run("a", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  await expect(
    shares.run("a", () => {
      throw new Error("broken at once");
    }),
  ).rejects.toThrow("broken at once");
  expect(shares.full("a")).toBeUndefined();
});
