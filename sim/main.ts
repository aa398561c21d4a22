import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { ProgressBar } from "../src/cli/progress-bar.ts";
import { CostBook } from "../src/scheduler/cost-book.ts";
import { lineChart } from "./chart.ts";
import { checkClaims, runAll } from "./claims.ts";
import { type ContenderName, contenders } from "./contenders.ts";
import { deviceOf, flat512, linear1024 } from "./device.ts";
import type { Measures } from "./measure.ts";
import { scenarios, scenariosOn } from "./scenarios.ts";
import { measureSpeed } from "./speed.ts";
import { endure } from "./torture.ts";
import type { Workload } from "./workload.ts";

const program = new Command("simulate")
  .description(
    "Plays the scheduler that ships against a simulated engine: discrete events, the same decisions as in production,\n" +
      "thousands of edits in seconds. Everything is drawn from seeds, so every run replays.",
  )
  .addHelpText(
    "after",
    `
Latencies are in solo edits: 1.00 is what an edit takes that has the engine to itself. Load is work that comes in,
in engines: at 0.8 an engine that shares nothing is busy four fifths of the time; at 2.4 only sharing keeps up.

Start with
  npm run simulate -- claims                    what docs/scheduler.md promises, with the figures; about a minute
  npm run simulate -- compare                   tables against first come first served, request batches, join always
  npm run simulate -- seeds --count 100000      random schedules with deaths, cancellations, tiny limits; checks laws
  npm run simulate -- seeds --from 1800 --count 1   replays one`,
  )
  .showHelpAfterError("(add --help for what there is)");

program
  .command("claims")
  .description("checks every promised figure; ends with 1 when one is not kept")
  .option("--seeds <number>", "runs of each kind", count, 5)
  .option("--edits <number>", "edits in each", count, 2_000)
  .action(({ seeds, edits }: { seeds: number; edits: number }) => {
    const bar = new ProgressBar("claims");
    const claims = checkClaims({ seeds, edits }, (share, note) => bar.update(share, note));
    bar.clear();
    for (const { what, value, most } of claims) {
      console.log(
        `${value <= most ? "kept  " : "BROKEN"} ${value.toFixed(3).padStart(6)} ≤ ${most.toFixed(2)}  ${what}`,
      );
    }
    if (claims.some(({ value, most }) => value > most)) process.exitCode = 1;
  });

program
  .command("compare")
  .description("tables of latency, throughput, fairness and deadlines for every scenario and policy")
  .option("--seed <number>", "where arrivals are drawn from", count, 1)
  .option("--only <words>", "scenarios whose title has these words", "")
  .option("--costs <file>", "a cost book of a real engine, to simulate that one instead")
  .action(({ seed, only, costs }: { seed: number; only: string; costs?: string }) => {
    const wanted = costs === undefined ? scenarios : scenariosOn(deviceOf(readCosts(costs)));
    for (const scenario of wanted.filter(({ title }) => title.includes(only))) {
      console.log(`\n### ${scenario.title}\n\n${table(runAll(scenario, seed))}`);
    }
  });

program
  .command("seeds")
  .description("plays random schedules, each twice, and checks the laws of every schedule")
  .option("--count <number>", "how many", count, 2_000)
  .option("--from <number>", "the first seed", count, 0)
  .action(({ count: seeds, from }: { count: number; from: number }) => {
    const bar = new ProgressBar("seeds");
    const broken: string[] = [];
    let decisions = 0;
    for (let seed = from; seed < from + seeds; seed += 1) {
      if (seed % 50 === 0) bar.update((seed - from) / seeds, `seed ${seed}, ${broken.length} broken`);
      const first = endure(seed);
      decisions += first.decisions;
      const faults = endure(seed).log === first.log ? first.faults : [...first.faults, "the second run differs"];
      if (faults.length > 0) broken.push(`seed ${seed}: ${faults.slice(0, 3).join("; ")}`);
    }
    bar.clear();
    console.log(`${seeds} schedules, ${decisions} decisions, each twice: ${broken.length} broken`);
    for (const line of broken) console.log(line);
    if (broken.length > 0) process.exitCode = 1;
  });

program
  .command("speed")
  .description("how long the scheduler itself thinks per step, with 1,000 and 100,000 edits queued")
  .action(() => {
    for (const [queued, buckets] of [
      [1_000, 5],
      [1_000, 50],
      [100_000, 50],
    ] as const) {
      const { p50, p99, mean } = measureSpeed(queued, buckets);
      const [a, b, c] = [p50, mean, p99].map((ms) => ms.toFixed(3));
      console.log(`${queued} edits in ${buckets} buckets: p50 ${a} ms, mean ${b} ms, p99 ${c} ms a step`);
    }
  });

program
  .command("plots")
  .description("draws the plots of docs/scheduler.md")
  .option("--out <folder>", "where to", "docs/scheduler")
  .action(({ out }: { out: string }) => {
    mkdirSync(out, { recursive: true });
    const bar = new ProgressBar("plots");
    const flat: Omit<Workload, "load"> = { buckets: [flat512], steps: [28], edits: 1_500, accounts: 20 };
    const flatLoads = [0.2, 0.5, 0.8, 1, 1.5, 2, 2.5, 3];
    writeFileSync(join(out, "flat.svg"), latencyChart("H200 at 512²: p95 by load", flat, flatLoads, "p95", bar));
    const linear = { ...flat, buckets: [linear1024], steps: [8, 20, 28, 50] };
    const linearLoads = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
    writeFileSync(join(out, "linear.svg"), latencyChart("Linear T(B): mean by load", linear, linearLoads, "mean", bar));
    bar.clear();
    console.log(`drew ${join(out, "flat.svg")} and ${join(out, "linear.svg")}`);
  });

function latencyChart(
  title: string,
  workload: Omit<Workload, "load">,
  loads: readonly number[],
  what: "p95" | "mean",
  bar: ProgressBar,
): string {
  const runs = loads.map((load, i) => {
    bar.update(i / loads.length, `${title}: ${load}`);
    return [load, runAll({ ...workload, load }, 1)] as const;
  });
  const series = (Object.keys(contenders(workload.buckets)) as ContenderName[]).map((name) => ({
    name,
    points: runs.map(([load, measures]) => [load, measures[name][what]] as const),
  }));
  const yMarks = [1, 2, 5, 10, 20];
  return lineChart({
    title,
    x: "load, in engines",
    y: `${what} latency, in solo edits`,
    xMarks: loads,
    yMarks,
    series,
  });
}

function table(measures: Record<string, Measures>): string {
  const columns = [
    "mean",
    "p50",
    "p95",
    "p99",
    "first step p50",
    "throughput",
    "fairness",
    "useful rows",
    "refused",
    "late or refused",
  ];
  const rows = Object.entries(measures).map(([name, m]) => [
    name,
    ...[m.mean, m.p50, m.p95, m.p99].map((value) => value.toFixed(2)),
    m.firstStepP50.toFixed(1),
    m.throughput.toFixed(2),
    m.fairness.toFixed(2),
    m.usefulRows.toFixed(2),
    `${m.refused}`,
    `${(100 * m.deadlineMisses).toFixed(0)} %`,
  ]);
  const lines = [["", ...columns], ["---", ...columns.map(() => "---:")], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function readCosts(path: string): CostBook {
  try {
    const json = JSON.parse(readFileSync(path, "utf8"));
    return CostBook.fromJSON(json, json);
  } catch (error) {
    return program.error(`${path}: ${(error as Error).message}`);
  }
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) program.error(`${text} is not a whole number from 0 on`);
  return value;
}

if (process.argv.length <= 2) program.outputHelp();
else program.parse();
