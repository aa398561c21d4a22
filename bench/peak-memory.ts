import { readFileSync } from "node:fs";
import { readManifest } from "../src/model/manifest.ts";
import { Session } from "../src/pipeline/session.ts";
import { Transformer } from "../src/pipeline/transformer.ts";
import { best } from "./machine.ts";
import { cpu } from "./parts.ts";
import { randomRow } from "./random-model.ts";

/** One transformer step of `side`² + `side`² tokens; prints its time and the peak memory of this process. */
const [folder, side, text] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const model = await readManifest(folder);
await using session = await Session.open(model, "transformer", cpu);
const transformer = new Transformer(model.manifest.transformer, session);
const grid = { width: side, height: side };
const row = randomRow(model.manifest, 1, { text, target: side ** 2, context: side ** 2 });
const ms = await best(1, () => transformer.predict([row], { target: grid, context: grid }));
console.log(JSON.stringify({ rssBytes: peakRss(), ms }));

/** `maxRSS` of getrusage starts from the parent's at fork, VmHWM from nothing; only Linux has it. */
function peakRss(): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
