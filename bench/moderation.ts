import { randomBytes, randomFillSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { table } from "../src/cli/format.ts";
import { wallClock } from "../src/core/clock.ts";
import type { RgbImage } from "../src/core/image.ts";
import { PromptReader, promptReaderFolder } from "../src/engine/prompt-reader.ts";
import { PixelThreads } from "../src/journey/pixel-threads.ts";
import type { Content, Filter } from "../src/moderation/filter.ts";
import { runStage } from "../src/moderation/gate.ts";
import { HashLists } from "../src/moderation/hash-list/hash-lists.ts";
import { KeyTable } from "../src/moderation/hash-list/key-table.ts";
import { algorithms, hashBytes, idBytes, writeList } from "../src/moderation/hash-list/list-file.ts";
import { pdqOf } from "../src/moderation/hash-list/pdq.ts";
import { PdqIndex } from "../src/moderation/hash-list/pdq-index.ts";
import { Policies } from "../src/moderation/policies.ts";
import { PromptRules } from "../src/moderation/prompt/prompt-rules.ts";
import { promptFilter } from "../src/moderation/prompt-filter.ts";
import { describeMachine } from "./machine.ts";
import { saveResult } from "./result.ts";
import { measureSuspensions } from "./suspension.ts";

/** Entries of each kind in the list. */
const entries = 1_000_000;
const runs = 30;
/** Runs that are not counted: a server judges its first prompts while the engine still compiles the code. */
const warmUps = 15;
const megapixel = { width: 1024, height: 1024 };

/** What is measured, and the most it may take. */
interface Row {
  readonly what: string;
  readonly best: number;
  readonly median: number;
  /** Processor time of one, which others on the machine do not lengthen. */
  readonly cpu: number;
  readonly bar?: number;
}

/** `npm run bench moderation` */
export async function benchModeration(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-bench-lists-"));
  try {
    await measureIn(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureIn(folder: string): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line} …\n`);
  say("writing a list of 1,000,000 entries of each kind");
  const hashes = await writeRandomList(folder);
  await using threads = new PixelThreads(new Uint8Array(randomBytes(32)));
  await threads.warmUp();
  const pdq = (image: RgbImage) => threads.pdq(image);
  say("loading it");
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const lists = await HashLists.open({ folder, required: ["known"], ageHoursMax: 168, pdq });
  const loadMs = performance.now() - started;
  const rssMiB = (process.memoryUsage.rss() - before) / 2 ** 20;
  say("measuring");
  const rows = [...(await lookUps(hashes)), ...(await checks(lists))];
  const source: Content = { stage: "SOURCE", image: randomPicture(), index: 0 };
  const delay = await loopDelay(() => stage([lists], source));
  const idle = await loopDelay(() => setTimeout(20));
  say("suspending accounts of a server");
  const suspensions = await measureSuspensions();
  console.log(
    table([
      ["", "best", "median", "processor", "bar"],
      ...rows.map(({ what, best, median, cpu, bar }) => [
        what,
        ms(best),
        ms(median),
        ms(cpu),
        bar === undefined ? "" : ms(bar),
      ]),
    ]),
  );
  console.log(`\nlist loaded in ${(loadMs / 1000).toFixed(1)} s, ${rssMiB.toFixed(0)} MiB`);
  console.log(`event loop, pictures checked one after the other: p99 ${ms(delay)} (bar ${ms(10)}); idle ${ms(idle)}`);
  for (const [what, of] of [
    ["open sockets", "sockets"],
    ["signed addresses", "url"],
  ] as const) {
    const taken = suspensions.map((reach) => reach[of]).sort((a, b) => a - b);
    const [middle, most] = [taken[taken.length >> 1]!, taken.at(-1)!];
    console.log(
      `suspension reaches ${what} in ${ms(middle)}, at most ${ms(most)} of ${taken.length} (bar ${ms(1000)})`,
    );
  }
  await saveResult("moderation", {
    machine: describeMachine(),
    rows,
    loadMs,
    rssMiB,
    loopDelayP99Ms: delay,
    idleDelayP99Ms: idle,
    suspensions,
  });
}

function ms(value: number): string {
  return value < 0.1 ? `${(value * 1000).toFixed(1)} µs` : `${value.toFixed(1)} ms`;
}

async function writeRandomList(folder: string): Promise<{ sha256: Uint8Array; pdq: Uint8Array }> {
  const made = Object.fromEntries(
    algorithms.map((one) => {
      const hashes = new Uint8Array(entries * hashBytes[one]);
      for (let at = 0; at < hashes.length; at += 2 ** 20) randomFillSync(hashes.subarray(at, at + 2 ** 20));
      return [one, { hashes, ids: new Uint8Array(entries * idBytes) }];
    }),
  ) as Parameters<typeof writeList>[2];
  const importedAt = wallClock.date().toISOString();
  await writeList(folder, "known", made, { category: "NCII", source: "chance", importedAt });
  return { sha256: made.sha256.hashes, pdq: made.pdq.hashes };
}

async function lookUps({ sha256, pdq }: { sha256: Uint8Array; pdq: Uint8Array }): Promise<Row[]> {
  const exact = new KeyTable(32, entries);
  for (let at = 0; at < sha256.length; at += 32) exact.add(sha256.subarray(at, at + 32));
  const index = await PdqIndex.build(pdq);
  const key = new Uint8Array(32);
  return [
    await measure("exact look-up", () => exact.has(randomFillSync(key)), 10, 300),
    await measure("PDQ look-up", () => index.nearest(randomFillSync(key)), 10, 300),
  ];
}

async function checks(lists: HashLists): Promise<Row[]> {
  const image = randomPicture();
  const file = { sha256: "0".repeat(64), md5: "0".repeat(32) };
  await using reader = new PromptReader({ folder: promptReaderFolder });
  const rules = promptFilter(PromptRules.load(), {
    version: "bench",
    read: (prompt, aborted) => reader.read(prompt, aborted),
  });
  const words = "make the sky a deep evening blue, keep the old bridge and the two boats as they are. ";
  const prompt = words.repeat(Math.ceil(5000 / words.length)).slice(0, 5000);
  const source: Content = { stage: "SOURCE", image, file, index: 0 };
  return [
    await measure("PDQ hash of a megapixel", () => pdqOf(image)),
    await measure("hash lists, a megapixel", () => stage([lists], source), 60),
    await measure("prompt rules, 5,000 characters", () => stage([rules], { stage: "PROMPT", prompt, hasSource: true })),
    await measure(
      "prompt rules, 80 characters",
      () => stage([rules], { stage: "PROMPT", prompt: words, hasSource: true }),
      5,
    ),
  ];
}

const policy = (await Policies.read()).named("default");

async function stage(filters: readonly Filter[], content: Content): Promise<void> {
  const { verdict } = await runStage(filters, policy, content, 2, wallClock, new AbortController().signal);
  if (verdict !== "ALLOW") throw new Error(`a clean ${content.stage} was not allowed`);
}

async function measure(what: string, work: () => unknown, bar?: number, times = runs): Promise<Row> {
  for (let i = 0; i < warmUps; i += 1) await work();
  const taken: number[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < times; i += 1) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  const { user, system } = process.cpuUsage(before);
  taken.sort((a, b) => a - b);
  return {
    what,
    best: taken[0]!,
    median: taken[times >> 1]!,
    cpu: (user + system) / 1000 / times,
    ...(bar === undefined ? {} : { bar }),
  };
}

/** The 99th percentile of how late the event loop is during some work, in milliseconds. */
async function loopDelay(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (let i = 0; i < runs; i += 1) await work();
  delay.disable();
  // The monitor counts its own millisecond.
  return delay.percentile(99) / 1e6 - 1;
}

function randomPicture() {
  const data = new Uint8Array(megapixel.width * megapixel.height * 3);
  // Squares of 32 pixels: noise alone would have no detail that PDQ sees.
  const tones = randomFillSync(new Uint8Array(32 * 32 * 3));
  for (let y = 0; y < megapixel.height; y += 1) {
    for (let x = 0; x < megapixel.width; x += 1) {
      const tone = ((y >> 5) * 32 + (x >> 5)) * 3;
      data.set(tones.subarray(tone, tone + 3), (y * megapixel.width + x) * 3);
    }
  }
  return { ...megapixel, data };
}
