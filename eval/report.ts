import sharp from "sharp";
import type { RgbImage } from "../src/core/image.ts";
import type { Case } from "./cases.ts";

export interface Outcome {
  readonly case: Case;
  readonly output: RgbImage;
  /** PSNR to the target in dB: of the output, of the unchanged source, of the target through the VAE. */
  readonly outputDb: number;
  readonly sourceDb: number;
  readonly ceilingDb: number;
  readonly seconds: number;
}

/**
 * An edit counts as learned when the output beats the source by 3 dB or lies within 2 dB of the ceiling; "keep" when it
 * lies within 1.5 dB of the ceiling.
 */
export function isLearned({ case: { edit }, outputDb, sourceDb, ceilingDb }: Outcome): boolean {
  return edit === "keep" ? outputDb >= ceilingDb - 1.5 : outputDb >= sourceDb + 3 || outputDb >= ceilingDb - 2;
}

/** One line per group and edit, means over its cases; an edit is learned when most of its cases are. */
export function summarise(outcomes: readonly Outcome[]) {
  const groups = groupBy(outcomes, ({ case: { group, edit } }) => `${group}|${edit}`);
  const mean = (all: readonly Outcome[], pick: (one: Outcome) => number) =>
    all.reduce((sum, one) => sum + pick(one), 0) / all.length;
  return [...groups].map(([key, all]) => {
    const [group, edit] = key.split("|") as [Case["group"], string];
    const learned = all.filter(isLearned).length;
    return {
      group,
      edit,
      cases: all.length,
      outputDb: mean(all, (one) => one.outputDb),
      sourceDb: mean(all, (one) => one.sourceDb),
      ceilingDb: mean(all, (one) => one.ceilingDb),
      learnedCases: learned,
      learned: learned * 2 > all.length,
    };
  });
}

export type Summary = ReturnType<typeof summarise>;

/** The table as Markdown. */
export function toMarkdown(summary: Summary, heading: string): string {
  const parts = [...groupBy(summary, ({ group }) => group)].map(([group, rows]) => {
    const learned = rows.filter((row) => row.learned).length;
    const sum = (pick: (row: Summary[number]) => number) => rows.reduce((total, row) => total + pick(row), 0);
    const cases = `${sum((row) => row.learnedCases)} of ${sum((row) => row.cases)} cases`;
    const lines = rows.map(
      (row) =>
        `| ${row.edit} | ${row.outputDb.toFixed(1)} | ${row.sourceDb.toFixed(1)} | ${row.ceilingDb.toFixed(1)} | ${row.learnedCases} of ${row.cases} | ${row.learned ? "yes" : "no"} |`,
    );
    const title = `## ${titles[group]}: ${learned} of ${rows.length} edits learned, ${cases}`;
    return `${title}\n\n| edit | output dB | source dB | ceiling dB | cases | learned |\n|---|---|---|---|---|---|\n${lines.join("\n")}\n`;
  });
  return `${heading}\n\n${parts.join("\n")}`;
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

const titles: Record<Case["group"], string> = {
  photo: "Real photographs",
  scene: "Generated scenes",
  object: "Objects in generated scenes",
  strange: "Words that were not in training, and misspellings",
};

const [cell, gap, labelHeight] = [150, 6, 16];

/** Rows of source, output and exact target, with the sentence above each. */
export async function contactSheet(outcomes: readonly Outcome[], columns = 3): Promise<Uint8Array> {
  const [boxWidth, boxHeight] = [3 * cell + 3 * gap, cell + labelHeight + gap];
  const rows = Math.ceil(outcomes.length / columns);
  const placed = await Promise.all(
    outcomes.map(async ({ case: { source, target, prompt }, output }, i) => {
      const [left, top] = [(i % columns) * boxWidth, Math.floor(i / columns) * boxHeight];
      const pictures = await Promise.all(
        [source, output, target].map(async (image, at) => ({
          input: await shrink(image),
          left: left + at * (cell + 2),
          top: top + labelHeight,
        })),
      );
      return [...pictures, { input: label(prompt), left, top }];
    }),
  );
  return sharp({ create: { width: columns * boxWidth, height: rows * boxHeight, channels: 3, background: "#ffffff" } })
    .composite(placed.flat())
    .png({ compressionLevel: 9, palette: true, quality: 90 })
    .toBuffer();
}

function shrink({ width, height, data }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(cell, cell, { fit: "contain", background: "#ffffff" })
    .png()
    .toBuffer();
}

function label(text: string): Buffer {
  const safe = text.slice(0, 70).replace(/[<>&"']/g, " ");
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${3 * cell}" height="${labelHeight}"><text x="2" y="12" font-family="sans-serif" font-size="12">${safe}</text></svg>`,
  );
}
