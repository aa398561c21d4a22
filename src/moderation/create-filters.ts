import { isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import { stages } from "../core/moderation.ts";
import type { Filter } from "./filter.ts";
import { HashLists } from "./hash-list/hash-lists.ts";
import type { Pdq } from "./hash-list/pdq.ts";
import { HttpFilter } from "./http/http-filter.ts";
import { shapeNames } from "./http/shapes.ts";
import { parseSettings, readSettings } from "./json-file.ts";
import { labelMapSchema } from "./labels.ts";
import { type Classify, openOnnxClassifier } from "./onnx-classifier.ts";
import { PromptRules } from "./prompt/prompt-rules.ts";
import { promptFilter, type Reader } from "./prompt-filter.ts";

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "1 to 64 of a-z, 0-9 and dashes");

const httpFilter = z.strictObject({
  name,
  shape: z.enum(shapeNames),
  url: z.string(),
  /** A file that holds the key and nothing else; relative to the configuration's folder. */
  keyFile: z.string().min(1).optional(),
  stages: z.array(z.enum(stages)).min(1),
  labels: labelMapSchema.optional(),
  model: z.string().min(1).max(100).optional(),
  timeoutMs: z.int().min(100).max(120_000).default(10_000),
  attempts: z.int().min(1).max(5).default(2),
});

/** What filters there are beside the prompt rules and the hash lists, which are always there. */
const filterConfigSchema = z.strictObject({
  format: z.literal(1),
  /** Hash lists without which pictures are held. Those that are there are used in any case. */
  requiredHashLists: z.array(name).default([]),
  /** Names of folders under the models' folder. */
  classifiers: z.array(name).default([]),
  http: z.array(httpFilter).default([]),
});
export type FilterConfig = z.output<typeof filterConfigSchema>;

export const noFilterConfig: FilterConfig = filterConfigSchema.parse({ format: 1 });

/** Reads the file that names the filters; throws `Refused` BAD_INPUT with a line per fault. */
export async function readFilterConfig(file: string): Promise<FilterConfig> {
  const text = await readSettings(file, "BAD_INPUT");
  const { http, ...rest } = parseSettings(text, file, filterConfigSchema, "BAD_INPUT");
  const besideFile = (path: string) => (isAbsolute(path) ? path : resolve(file, "..", path));
  return {
    ...rest,
    http: http.map((one) => (one.keyFile === undefined ? one : { ...one, keyFile: besideFile(one.keyFile) })),
  };
}

/** What filters are made of. */
export interface FilterParts {
  readonly modelsFolder: string;
  /** Holds a folder for each hash list. */
  readonly listsFolder: string;
  /** From the policies. */
  readonly hashListAgeHoursMax: number;
  readonly pdq: (image: RgbImage) => Promise<Pdq>;
  readonly classify: Classify;
  readonly reader: Reader;
  readonly clock: Clock;
  /** 0…1, evenly: spreads retries. */
  readonly chance: () => number;
}

export interface Filters {
  /** All of them; `filtersFor` adds manual review where a model's licence asks for it. */
  readonly filters: readonly Filter[];
  /** For importing, reloading and looking after the lists. */
  readonly hashLists: HashLists;
}

/** Every configured filter. One that cannot be made stops the start: the rest would let through what it would have found. */
export async function openFilters(config: FilterConfig, parts: FilterParts): Promise<Filters> {
  const { clock, chance, classify, modelsFolder } = parts;
  const hashLists = await HashLists.open({
    folder: parts.listsFolder,
    required: config.requiredHashLists,
    ageHoursMax: parts.hashListAgeHoursMax,
    pdq: parts.pdq,
  });
  const filters: Filter[] = [hashLists, promptFilter(PromptRules.load(), parts.reader)];
  for (const one of config.classifiers) {
    filters.push(await openOnnxClassifier(one, join(modelsFolder, one), classify));
  }
  for (const { keyFile, model, labels, ...one } of config.http) {
    filters.push(
      new HttpFilter({
        ...one,
        ...(model === undefined ? {} : { model }),
        ...(labels === undefined ? {} : { labels }),
        ...(keyFile === undefined ? {} : { key: await readKey(keyFile) }),
        clock,
        chance,
      }),
    );
  }
  const names = filters.map((filter) => filter.name);
  const twice = names.find((one, i) => names.indexOf(one) !== i);
  if (twice !== undefined) throw new Refused("BAD_INPUT", `two filters are called "${twice}"`);
  return { filters, hashLists };
}

async function readKey(file: string): Promise<string> {
  const key = (await readSettings(file, "BAD_INPUT")).trim();
  if (/^[\x21-\x7e]{1,512}$/.test(key)) return key;
  throw new Refused("BAD_INPUT", `${file}: a key is 1 to 512 printable characters without spaces`);
}
