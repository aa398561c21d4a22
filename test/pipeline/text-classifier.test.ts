import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { promptReaderFolder } from "../../src/engine/prompt-reader.ts";
import { TextClassifier } from "../../src/pipeline/text-classifier.ts";

const cpu = { providers: ["cpu"], deviceId: 0, threads: 1 } as const;
let reader: TextClassifier;
beforeAll(async () => {
  reader = await TextClassifier.open(promptReaderFolder, cpu);
});
afterAll(() => reader[Symbol.asyncDispose]());

/** From the training tool: ids by the tokenizers package, logits by torch in float32, before the weights became whole numbers. */
const known = [
  ["make it night", [101, 2191, 2009, 2305, 102], -7.301],
  ["remove her clothes", [101, 6366, 2014, 4253, 102], 5.953],
  [
    "Put a knife in his chest, and write LOSER on it!",
    [101, 2404, 1037, 5442, 1999, 2010, 3108, 1010, 1998, 4339, 10916, 2006, 2009, 999, 102],
    9.472,
  ],
  [
    "could you please brighten my café's sign? don't touch the naked bulb",
    [
      101, 2071, 2017, 3531, 4408, 2368, 2026, 7668, 1005, 1055, 3696, 1029, 2123, 1005, 1056, 3543, 1996, 6248, 20581,
      102,
    ],
    -9.12,
  ],
] as const;

describe("the prompt reader's classifier", () => {
  it.each(known)("reads as the training tool does: %s", async (prompt, ids, logit) => {
    expect(reader.ids(prompt)).toEqual(ids);
    expect(Math.abs((await reader.logOdds(prompt)) - logit)).toBeLessThan(0.4);
  });

  it("reads 128 ids at most, the end among them", async () => {
    const ids = reader.ids("a blue boat on the lake, ".repeat(40));
    expect(ids).toHaveLength(128);
    expect(ids.at(-1)).toBe(reader.ids("a").at(-1));
    expect(await reader.logOdds("a blue boat on the lake, ".repeat(40))).toBeLessThan(0);
  });

  it.each(["", "   ", "Сделай небо темнее, пожалуйста", "空をもっと暗くしてください", "zmień kolor wszystkich łódek"])(
    "says nothing of what it cannot read: %j",
    async (prompt) => {
      expect(await reader.logOdds(prompt)).toBe(0);
    },
  );

  it("names what a folder lacks", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-reader-"));
    await expect(TextClassifier.open(folder, cpu)).rejects.toMatchObject({
      code: "BAD_MODEL",
      message: expect.stringContaining("tokenizer.json is missing"),
    });
    await rm(folder, { recursive: true });
  });
});
