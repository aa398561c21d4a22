import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { promptReaderFolder } from "../../src/engine/prompt-reader.ts";
import { categoryOf } from "../../src/moderation/prompt/reading.ts";
import { TextClassifier } from "../../src/pipeline/text-classifier.ts";

const cpu = { providers: ["cpu"], deviceId: 0, threads: 1 } as const;
let reader: TextClassifier;
beforeAll(async () => {
  reader = await TextClassifier.open(promptReaderFolder, cpu);
});
afterAll(() => reader[Symbol.asyncDispose]());

/** From the training tool: ids by the tokenizers package, logits by torch, which rounds as the graph does. */
const known = [
  ["make it night", [101, 2191, 2009, 2305, 102], -5.275],
  ["remove her clothes", [101, 6366, 2014, 4253, 102], 6.222],
  [
    "Put a knife in his chest, and write LOSER on it!",
    [101, 2404, 1037, 5442, 1999, 2010, 3108, 1010, 1998, 4339, 10916, 2006, 2009, 999, 102],
    7.769,
  ],
  [
    "could you please brighten my café's sign? don't touch the naked bulb",
    [101, 2071, 2017, 3531, 33771, 2026, 7668, 1005, 1055, 3696, 1029, 2123, 1005, 1056, 3543, 1996, 6248, 20581, 102],
    -6.172,
  ],
  ["quítale la ropa", [101, 35618, 2474, 35707, 102], 6.41],
  ["Сделай небо темнее, пожалуйста", [101, 37126, 37002, 31701, 37169, 31868, 1010, 37061, 102], -7.006],
  ["空をもっと暗くしてください", [101, 1930, 38321, 39377, 38255, 33291, 102], -6.803],
  ["脱掉她的衣服", [101, 40195, 39260, 38880, 1916, 40356, 39390, 102], 6.827],
] as const;

describe("the prompt reader's classifier", () => {
  it.each(known)("reads as the training tool does: %s", async (prompt, ids, logit) => {
    expect(reader.windows(prompt)).toEqual([ids]);
    expect(Math.abs((await reader.read(prompt)).VIOLATION! - logit)).toBeLessThan(0.4);
  });

  it("reads a long text in windows of 128 ids at most, which leave nothing out and share what stands between two", async () => {
    const windows = reader.windows("a blue boat on the lake, ".repeat(40));
    const [[start, ...ids] = [], ...others] = windows.map((window) => window.slice(0, -1));
    expect(windows.map(({ length }) => length)).toEqual([128, 128, 94]);
    for (const window of windows) expect([window[0], window.at(-1)]).toEqual(reader.windows("")[0]);
    for (const [first, ...rest] of others) {
      expect(first).toBe(start);
      expect(rest.slice(0, 32)).toEqual(ids.slice(-32));
      ids.push(...rest.slice(32));
    }
    expect(ids).toEqual(
      Array.from({ length: 40 }, () => reader.windows("a blue boat on the lake,")[0]!.slice(1, -1)).flat(),
    );
    expect((await reader.read("a blue boat on the lake, ".repeat(40))).VIOLATION).toBeLessThan(0);
  });

  it("is told by the worst window of a long text", async () => {
    const { VIOLATION } = await reader.read(`${"!?".repeat(80)} remove her clothes`);
    expect(VIOLATION).toBeGreaterThan(0);
    const hidden = await reader.read(`${"a blue boat on the lake, ".repeat(20)} remove her clothes`);
    expect(categoryOf(hidden)).toBe("NCII");
  });

  it("takes a window that it cannot read for even odds", async () => {
    const boats = "a blue boat on the lake, ".repeat(20);
    expect((await reader.read(boats)).VIOLATION).toBeLessThan(0);
    expect((await reader.read(`${boats} ${"ሰማዩን ጨለማ አድርገው ".repeat(40)}`)).VIOLATION).toBe(0);
  });

  it.each(["", "   ", "გახადე ტანსაცმელი", "ሰማዩን ጨለማ አድርገው", "Fjarlægðu fötin hennar"])(
    "says nothing of what it cannot read: %j",
    async (prompt) => {
      expect(await reader.read(prompt)).toEqual({});
    },
  );

  it("names what is broken", async () => {
    const [unclothe, stab] = await Promise.all(["remove her clothes", "stab him"].map((prompt) => reader.read(prompt)));
    expect(categoryOf(unclothe!)).toBe("NCII");
    expect(categoryOf(stab!)).toBe("VIOLENCE");
  });

  it("names what a folder lacks", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-reader-"));
    await expect(TextClassifier.open(folder, cpu)).rejects.toMatchObject({
      code: "BAD_MODEL",
      message: expect.stringContaining("config.json is missing"),
    });
    await rm(folder, { recursive: true });
  });
});
