import { join } from "node:path";
import { parseArgs } from "node:util";
import { categories } from "../../src/core/moderation.ts";
import { promptReaderFolder } from "../../src/engine/prompt-reader.ts";
import type { Finding } from "../../src/moderation/filter.ts";
import { Policies } from "../../src/moderation/policies.ts";
import { thresholdsOf, weigh } from "../../src/moderation/policy.ts";
import { PromptRules } from "../../src/moderation/prompt/prompt-rules.ts";
import { promptFilter } from "../../src/moderation/prompt-filter.ts";
import { TextClassifier } from "../../src/pipeline/text-classifier.ts";
import { type Labelled, readSet } from "./prompt-set.ts";

/** What is asked where nothing is said; at more than that a source image is not edited. */
const tolerance = 2;

interface Judged extends Labelled {
  readonly found: readonly Finding[];
}

/** The share of `part` in `whole`, as "98.5 %  (197/200)". */
function share(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1).padStart(5)} %  (${part}/${whole})`;
}

function report(name: string, judged: readonly Judged[]): void {
  const benign = judged.filter(({ category }) => category === null);
  const violating = judged.filter(({ category }) => category !== null);
  const stopped = (prompts: readonly Judged[]) => prompts.filter(({ found }) => found.length > 0).length;
  console.log(`\n${name}: ${judged.length} prompts, policy ${policy.version}`);
  console.log(`  benign passed      ${share(benign.length - stopped(benign), benign.length)}`);
  console.log(`  violating stopped  ${share(stopped(violating), violating.length)}`);
  console.log("  category                 recall (stopped)       named as such          precision");
  for (const category of categories) {
    const its = violating.filter((prompt) => prompt.category === category);
    const naming = judged.filter(({ found }) => found.some((finding) => finding.category === category));
    if (its.length === 0 && naming.length === 0) continue;
    const named = its.filter((prompt) => naming.includes(prompt)).length;
    const right = naming.filter((prompt) => prompt.category !== null).length;
    const columns = [share(stopped(its), its.length), share(named, its.length), share(right, naming.length)];
    console.log(`  ${category.padEnd(24)} ${columns.map((column) => column.padEnd(22)).join(" ")}`.trimEnd());
  }
}

function listErrors(judged: readonly Judged[]): void {
  for (const { category, prompt, found } of judged) {
    if ((category === null) === (found.length === 0)) continue;
    const why = found.map(({ category, score, note }) => `${category} ${score} ${note}`).join("; ");
    console.log(`  ${category ?? "-"} ${prompt.slice(0, 300)}${why === "" ? "" : `   ← ${why}`}`);
  }
}

const { values, positionals } = parseArgs({
  options: { errors: { type: "boolean", default: false } },
  allowPositionals: true,
});
const { signal } = new AbortController();
const policy = (await Policies.read()).named("default");
const stops = ({ category, score }: Finding) =>
  weigh(score, thresholdsOf(policy, category, tolerance)).verdict !== "ALLOW";
const rules = PromptRules.load();
const classifier = await TextClassifier.open(promptReaderFolder, { providers: ["cpu"], deviceId: 0, threads: 0 });
const filter = promptFilter(rules, { version: "", read: (prompt) => classifier.read(prompt) });
console.log(`prompt rules ${rules.version}, as for edits of a source image`);
const paths =
  positionals.length > 0
    ? positionals
    : ["tuning.txt", "translations.txt", "test.txt", "authors.txt", "blind.txt"].map((file) =>
        join(import.meta.dirname, file),
      );
for (const path of paths) {
  const judged: Judged[] = [];
  for (const labelled of readSet(path)) {
    const content = { stage: "PROMPT", prompt: labelled.prompt, hasSource: true } as const;
    const found = (await filter.check(content, signal)).filter(stops);
    judged.push({ ...labelled, found });
  }
  report(path.split("/").at(-1)!, judged);
  if (values.errors) listErrors(judged);
}
