import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { Refused } from "../core/errors.ts";

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Control tokens; the others are words that are never split. */
  readonly special: boolean;
  /** Whether it is looked for after normalisation instead of before. */
  readonly normalized?: boolean | undefined;
}

/** The parts of a tokenizer.json that make ids of text. */
export interface TokenizerJson {
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: object | null;
  readonly pre_tokenizer: object | null;
  readonly post_processor: object | null;
  readonly decoder: object | null;
  readonly model: { readonly type: string; readonly [field: string]: unknown };
}

const token = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((value) => (typeof value === "object" ? value?.content : value));

const tokenizerSchema = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.int().nonnegative(), content: z.string(), special: z.boolean().default(false) }))
    .nullish()
    .transform((tokens) => tokens ?? []),
  normalizer: z
    .looseObject({ type: z.string() })
    .nullish()
    .transform((value) => value ?? null),
  pre_tokenizer: z
    .looseObject({ type: z.string() })
    .nullish()
    .transform((value) => value ?? null),
  post_processor: z
    .looseObject({ type: z.string() })
    .nullish()
    .transform((value) => value ?? null),
  padding: z.looseObject({ pad_token: token }).nullish(),
  model: z.looseObject({ type: z.string(), vocab: z.union([z.array(z.unknown()), z.record(z.string(), z.int())]) }),
});

const configSchema = z.looseObject({
  model_max_length: z.number().positive().nullish(),
  bos_token: token,
  eos_token: token,
  pad_token: token,
  unk_token: token,
  extra_ids: z.int().nonnegative().nullish(),
  additional_special_tokens: z.array(token).nullish(),
  added_tokens_decoder: z.looseObject({}).nullish(),
});

/** The fields used here; the library reads others. */
export type TokenizerConfig = Partial<z.infer<typeof configSchema>>;

/**
 * Reads tokenizer.json, or undefined when the folder has none.
 *
 * @throws Refused BAD_MODEL when the file is broken
 */
export async function readTokenizerJson(folder: string): Promise<z.infer<typeof tokenizerSchema> | undefined> {
  return readJson(folder, "tokenizer.json", tokenizerSchema);
}

/**
 * Reads tokenizer_config.json and special_tokens_map.json, both optional. Where both name a token the map wins, unless
 * the configuration lists its added tokens (the rule of transformers' `from_pretrained`).
 */
export async function readTokenizerConfig(folder: string): Promise<TokenizerConfig> {
  const config: TokenizerConfig = (await readJson(folder, "tokenizer_config.json", configSchema)) ?? {};
  const map: TokenizerConfig = (await readJson(folder, "special_tokens_map.json", configSchema)) ?? {};
  const [first, second] = config.added_tokens_decoder ? [config, map] : [map, config];
  return {
    ...second,
    ...first,
    bos_token: first.bos_token ?? second.bos_token,
    eos_token: first.eos_token ?? second.eos_token,
    pad_token: first.pad_token ?? second.pad_token,
    unk_token: first.unk_token ?? second.unk_token,
  };
}

/** A file's bytes, or undefined when there is no such file. */
export async function readIfPresent(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Refused("BAD_MODEL", `${basename(folder)}/${name}: cannot be read (${reasonOf(error)})`);
  }
}

/** @throws Refused BAD_MODEL when the file is there but not the JSON that `schema` asks for */
export async function readJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await readIfPresent(folder, name);
  if (!bytes) return undefined;
  const where = `${basename(folder)}/${name}`;
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Refused("BAD_MODEL", `${where}: not JSON (${reasonOf(error)})`);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${where}: ${issue.path.join(".") || "content"}: ${issue.message}`);
  throw new Refused("BAD_MODEL", faults[0] ?? `${where}: unreadable`, faults);
}

/** What another library said was wrong, on one line. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, " ").slice(0, 200);
}
