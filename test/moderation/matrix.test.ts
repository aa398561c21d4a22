import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clock, wallClock } from "../../src/core/clock.ts";
import { Failed } from "../../src/core/errors.ts";
import { categories, type Stage, stages } from "../../src/core/moderation.ts";
import type { Content, Filter, PromptContent } from "../../src/moderation/filter.ts";
import { runStage } from "../../src/moderation/gate.ts";
import { HashLists } from "../../src/moderation/hash-list/hash-lists.ts";
import type { Pdq } from "../../src/moderation/hash-list/pdq.ts";
import { HttpFilter } from "../../src/moderation/http/http-filter.ts";
import { type ShapeName, shapeNames } from "../../src/moderation/http/shapes.ts";
import { filtersFor } from "../../src/moderation/manual-review.ts";
import { type Classify, openOnnxClassifier } from "../../src/moderation/onnx-classifier.ts";
import { Policies } from "../../src/moderation/policies.ts";
import type { Portion } from "../../src/moderation/prompt/portions.ts";
import type { Reading } from "../../src/moderation/prompt/reading.ts";
import { promptFilter } from "../../src/moderation/prompt-filter.ts";
import { answering, type Behaviour, misbehaviours, type Provider, startProvider } from "../support/provider.ts";
import { tinyClassifier } from "../support/tiny-classifier.ts";
import { finding, picture, prompt } from "./contents.ts";

/*
 * Every filter, in every way it can fail, at every stage it looks at: nothing passes. Each row also shows that the same
 * filter lets content pass when it works, or the table would prove nothing. What is no service cannot answer 500 or drip,
 * what has no list cannot be stale; for the engine's classifier the engine's death stands in the place of a 500.
 */

const policy = (await Policies.read()).named("default");
const imported = new Date("2026-11-01T00:00:00Z");
/** The lists were imported an hour ago. */
const clock: Clock = { ...wallClock, date: () => new Date(imported.getTime() + 3_600_000) };
const nextMonth: Clock = { ...clock, date: () => new Date(imported.getTime() + 31 * 24 * 3_600_000) };

/** Waits a moment where others wait a minute. */
const impatient: Clock = { ...clock, after: (_, callback) => wallClock.after(50, callback) };

let provider: Provider;
let folder: string;
beforeAll(async () => {
  provider = await startProvider();
  folder = await mkdtemp(join(tmpdir(), "pentimento-matrix-"));
  await tinyClassifier(join(folder, "colours"));
});
afterAll(async () => {
  await provider[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const contents: Readonly<Record<Stage, Content>> = {
  PROMPT: prompt,
  SOURCE: { ...picture, stage: "SOURCE", file: { sha256: "a".repeat(64), md5: "a".repeat(32) } },
  OUTPUT: picture,
};

async function verdicts(filter: Filter, at: Clock = clock): Promise<Record<string, string>> {
  const { signal } = new AbortController();
  // A sound filter beside it must make no difference.
  const filters = [finding([], "sound"), filter];
  const due = stages.filter((stage) => filter.stages.includes(stage));
  const results = due.map(async (stage) => [
    stage,
    (await runStage(filters, policy, contents[stage], 6, at, signal)).verdict,
  ]);
  return Object.fromEntries(await Promise.all(results));
}

const all = (filter: Filter, verdict: string) => Object.fromEntries(filter.stages.map((stage) => [stage, verdict]));
const throws = () => {
  throw new Error("secret");
};
const never = () => new Promise<never>(() => {});

describe("prompt rules", () => {
  const reader = { version: "1", read: async () => ({}) };
  const rules = (weigh: () => unknown, find = (): [] => []) =>
    promptFilter({ version: "1", find, wordedOdds: () => 0, weigh: weigh as never }, reader);

  it("let pass what they do not mind", async () => {
    expect(await verdicts(rules(() => []))).toEqual({ PROMPT: "ALLOW" });
  });

  it.each([
    ["throw", throws],
    ["answer nothing", () => undefined],
    ["answer garbage", () => [{ category: "HATE", score: "high", rule: "x" }]],
    ["answer a promise that never ends", () => ({ map: () => never() })],
  ])("hold when they %s", async (_, weigh) => {
    expect(await verdicts({ ...rules(weigh), timeoutMs: 50 })).toEqual({ PROMPT: "REVIEW" });
  });

  it("judge every part of a long prompt, and read as far as an image model reads", async () => {
    const long = "boats on calm water. ".repeat(400);
    const seen: string[] = [];
    const read = async (text: string) => {
      seen.push(text);
      return {};
    };
    let judged = "";
    const weigh = (_: unknown, portions: readonly Portion[]) => {
      judged = portions.map(({ text }) => text).join("");
      return [];
    };
    const filter = promptFilter({ version: "1", find: () => [], wordedOdds: () => 0, weigh }, { version: "1", read });
    await filter.check({ stage: "PROMPT", prompt: long, hasSource: true }, new AbortController().signal);
    expect(judged).toBe(long);
    expect(seen.join("").length).toBeGreaterThanOrEqual(5000);
    expect(seen.join("").length).toBeLessThan(5200);
  });

  it("show the reader what stands after padding, and hold what is longer than it reads, whatever else is found", async () => {
    const seen: string[] = [];
    const read = async (text: string) => {
      seen.push(text);
      return {};
    };
    const filter = (score: number) =>
      promptFilter(
        { version: "1", find: () => [], wordedOdds: () => 0, weigh: () => [{ category: "CSAM", score, rule: "x" }] },
        { version: "1", read },
      );
    const { signal } = new AbortController();
    const verdict = async (text: string, score: number) =>
      (await runStage([filter(score)], policy, { ...prompt, prompt: text }, 6, clock, signal)).verdict;
    expect(await verdict(`make it night${" ".repeat(9000)}in winter`, 0)).toBe("ALLOW");
    expect(seen).toEqual(["make it night in winter"]);
    expect(await verdict("boats on calm water.".repeat(250), 0)).toBe("ALLOW");
    expect(await verdict(`${"boats on calm water.".repeat(250)}!`, 0)).toBe("REVIEW");
    expect(await verdict(`${"boats on calm water.".repeat(250)}!`, 0.9)).toBe("REFUSE");
  });

  it("read a prompt once, another source of it and a failed reading anew", async () => {
    const seen: string[] = [];
    let fails = true;
    const read = async (text: string) => {
      seen.push(text);
      if (fails) throw new Failed("ENGINE_FAILED", "the engine process died", { retryable: true });
      return {};
    };
    const weigh = () => [{ category: "HATE", score: 0.1, rule: "x" } as const];
    const filter = promptFilter({ version: "1", find: () => [], wordedOdds: () => 0, weigh }, { version: "1", read });
    const check = (more: Partial<PromptContent> = {}) =>
      filter.check(
        { stage: "PROMPT", prompt: "make it night", hasSource: true, ...more },
        new AbortController().signal,
      );
    await expect(check()).rejects.toThrow("died");
    fails = false;
    const found = await check();
    expect(await check()).toEqual(found);
    expect(seen).toHaveLength(2);
    await check({ hasSource: false });
    await check({ itemised: "make it night without moon" });
    expect(seen).toHaveLength(4);
  });

  it("hold when they throw while the reader reads", async () => {
    expect(await verdicts(rules(() => [], throws))).toEqual({ PROMPT: "REVIEW" });
  });

  it.each<[string, () => Promise<Reading>]>([
    ["never answers", never],
    ["throws", throws],
    ["has died", () => Promise.reject(new Failed("ENGINE_FAILED", "the engine process died", { retryable: true }))],
    ["answers nothing", async () => undefined as never],
    ["gives no number", async () => ({ VIOLATION: Number.NaN })],
    ["gives a text", async () => ({ VIOLATION: "-9" as never })],
    ["leaves out what counts", async () => ({ NCII: -9 })],
  ])("hold when their reader %s", async (_, read) => {
    const filter = promptFilter(
      { version: "1", find: () => [], wordedOdds: () => 0, weigh: () => [] },
      { version: "1", read },
    );
    expect(await verdicts({ ...filter, timeoutMs: 50 })).toEqual({ PROMPT: "REVIEW" });
  });
});

describe("a classifier in the engine", () => {
  const open = async (classify: Classify) => ({
    ...(await openOnnxClassifier("colours", join(folder, "colours"), classify)),
    timeoutMs: 50,
  });
  const sound = { red: 0, green: 1, blue: 0 };

  it("lets pass what it does not mind", async () => {
    const filter = { ...(await open(async () => ({ scores: sound }))), timeoutMs: 5_000 };
    expect(await verdicts(filter)).toEqual({ SOURCE: "ALLOW", OUTPUT: "ALLOW" });
  });

  it.each<[string, Classify]>([
    ["never answers", never],
    ["throws", throws],
    ["has no engine", () => Promise.reject(new Failed("ENGINE_FAILED", "the engine died", { retryable: true }))],
    ["answers nothing", async () => ({ scores: undefined as never })],
    ["lacks a label", async () => ({ scores: { red: 0, green: 1 } })],
    ["scores no number", async () => ({ scores: { ...sound, blue: Number.NaN } })],
    ["scores above 1", async () => ({ scores: { ...sound, blue: 1.2 } })],
  ])("holds when it %s", async (_, classify) => {
    expect(await verdicts(await open(classify))).toEqual({ SOURCE: "REVIEW", OUTPUT: "REVIEW" });
  });
});

describe("hash lists", () => {
  let lists: HashLists;
  let listFolder: string;
  beforeAll(async () => {
    listFolder = join(folder, "lists");
    lists = await HashLists.open({ folder: listFolder, required: ["known"], ageHoursMax: 168 });
  });

  it("hold while a required one is missing, let pass what they do not know, hold when stale or damaged", async () => {
    expect(await verdicts(lists)).toEqual(all(lists, "REVIEW"));
    const text = `type,hash\nmd5,${"0".repeat(32)}`;
    const list = { name: "known", category: "NCII", source: "a test", format: "csv", text, replace: true } as const;
    await lists.import(list, imported);
    expect(await verdicts(lists)).toEqual(all(lists, "ALLOW"));
    expect(await verdicts(lists, nextMonth)).toEqual(all(lists, "REVIEW"));
    const [file] = (await readdir(join(listFolder, "known"))).filter((name) => name.endsWith(".bin"));
    await writeFile(join(listFolder, "known", file!), "garbage");
    const started = await HashLists.open({ folder: listFolder, required: [], ageHoursMax: 168 });
    expect(await verdicts(started)).toEqual(all(started, "REVIEW"));
  });

  it.each<[string, () => Promise<Pdq>]>([
    ["never answers", never],
    ["throws", throws],
    ["dies", () => Promise.reject(new Failed("INTERNAL", "the thread ended", { retryable: true }))],
    ["answers nothing", async () => undefined as never],
    ["answers no hash", async () => ({ hash: undefined, turned: [], quality: 100 }) as never],
    ["answers no quality", async () => ({ hash: new Uint8Array(32), turned: [] }) as never],
  ])("hold when what hashes pictures %s", async (_, pdq) => {
    const own = join(folder, `lists-${randomUUID()}`);
    const text = `type,hash\npdq,${"0f".repeat(32)}`;
    const list = { name: "known", category: "NCII", source: "a test", format: "csv", text, replace: true } as const;
    const sound = await HashLists.open({ folder: own, required: [], ageHoursMax: 168 });
    await sound.import(list, imported);
    expect(await verdicts(sound)).toEqual(all(sound, "ALLOW"));
    const broken = await HashLists.open({ folder: own, required: [], ageHoursMax: 168, pdq });
    expect(await verdicts(broken, pdq === never ? impatient : clock)).toEqual(all(broken, "REVIEW"));
  });
});

describe("a provider over HTTP", () => {
  const stagesOf = (shape: ShapeName): Stage[] => (shape.startsWith("hive") ? ["SOURCE", "OUTPUT"] : [...stages]);
  const open = (shape: ShapeName, timeoutMs: number) =>
    new HttpFilter({
      name: shape,
      shape,
      url: provider.url,
      stages: stagesOf(shape),
      timeoutMs,
      attempts: 1,
      clock,
      chance: () => 0,
    });
  const none = (labels: readonly string[], key: string) => labels.map((name) => ({ class: name, [key]: 0 }));
  const hive = [
    ...["general_nsfw", "yes_sexual_activity", "very_bloody", "human_corpse", "yes_self_harm"],
    ...["yes_nazi", "yes_kkk", "yes_terrorist"],
  ];
  const openAi = [
    ...[
      "sexual/minors",
      "sexual",
      "violence",
      "violence/graphic",
      "hate",
      "hate/threatening",
      "self-harm",
      "self-harm/intent",
    ],
    ...["self-harm/instructions", "harassment", "harassment/threatening", "illicit", "illicit/violent"],
  ];
  const zeros = (labels: readonly string[]) => Object.fromEntries(labels.map((label) => [label, 0]));
  const sound: Readonly<Record<ShapeName, Behaviour>> = {
    generic: answering({ scores: zeros(categories) }),
    "hive-v2": answering({
      status: [{ status: { code: "0", message: "SUCCESS" }, response: { output: [{ classes: none(hive, "score") }] } }],
    }),
    "hive-v3": answering({ output: [{ classes: none(hive, "value") }] }),
    openai: answering({
      results: [
        {
          flagged: false,
          category_scores: zeros(openAi),
          category_applied_input_types: Object.fromEntries(openAi.map((name) => [name, ["text", "image"]])),
        },
      ],
    }),
  };

  it.each(shapeNames)("in the shape %s lets pass what it does not mind", async (shape) => {
    provider.behave(sound[shape]);
    const filter = open(shape, 10_000);
    expect(await verdicts(filter)).toEqual(all(filter, "ALLOW"));
  });

  const ways = { ...misbehaviours, "is not there": undefined };
  const cells = shapeNames.flatMap((shape) =>
    Object.entries(ways).map(([way, behaviour]) => [shape, way, behaviour] as const),
  );
  it.each(cells)("in the shape %s holds when it %s", async (shape, _, behaviour) => {
    if (behaviour !== undefined) provider.behave(behaviour);
    const filter = open(shape, 500);
    const shown =
      behaviour === undefined ? new HttpFilter({ ...optionsOf(shape), url: "http://127.0.0.1:1/" }) : filter;
    expect(await verdicts(shown)).toEqual(all(shown, "REVIEW"));
  });

  function optionsOf(shape: ShapeName) {
    return { name: shape, shape, stages: stagesOf(shape), timeoutMs: 500, attempts: 1, clock, chance: () => 0 };
  }

  it.each(shapeNames)("in the shape %s holds when it answers as another does", async (shape) => {
    for (const other of shapeNames) {
      if (other === shape) continue;
      provider.behave(sound[other]);
      const filter = open(shape, 10_000);
      expect(await verdicts(filter)).toEqual(all(filter, "REVIEW"));
    }
  });
});

describe("manual review", () => {
  it("holds whatever comes", async () => {
    const [filter] = filtersFor([], "required") as [Filter];
    expect(await verdicts(filter)).toEqual({ OUTPUT: "REVIEW" });
  });
});
