import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { type ProviderName, providerNames } from "../model/provider.ts";

/** Everything that is set from outside, read once and checked once. */
export interface Config {
  /** Folder that holds a folder per model. */
  readonly modelsFolder: string;
  /** Execution providers in order of preference. */
  readonly providers: readonly ProviderName[];
  /** Which GPU; 0 is the first. */
  readonly deviceId: number;
  /** CPU threads of one run; 0 is one per core. */
  readonly threads: number;
}

/** The folder that package.json lies in. */
export const projectFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max));

/** Each variable: how it is read, what it is when unset, and what a fault message says it should be. */
const variables = {
  PENTIMENTO_MODELS: { schema: z.string().min(1), unset: join(projectFolder, "models"), expected: "a folder" },
  PENTIMENTO_PROVIDERS: {
    schema: z
      .string()
      .transform((text) => text.split(",").map((name) => name.trim().toLowerCase()))
      .pipe(z.array(z.enum(providerNames)).min(1)),
    unset: "cpu",
    expected: `a comma-separated list of ${providerNames.join(", ")}`,
  },
  PENTIMENTO_DEVICE: { schema: wholeNumber(0, 63), unset: "0", expected: "a GPU's number, 0 to 63" },
  PENTIMENTO_THREADS: {
    schema: wholeNumber(0, 512),
    unset: "0",
    expected: "a number of threads, 0 (one per core) to 512",
  },
} as const;

/** Reads the environment; throws one `Refused` BAD_INPUT that lists every fault: variable, expected, received. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Config {
  const faults: string[] = [];
  const read = <Name extends keyof typeof variables>(name: Name) => {
    const { schema, unset, expected } = variables[name];
    const parsed = schema.safeParse(env[name] || unset);
    if (!parsed.success) faults.push(`${name}: expected ${expected}, received "${env[name]}"`);
    return parsed.data as z.infer<(typeof variables)[Name]["schema"]>;
  };
  const config = {
    modelsFolder: resolve(read("PENTIMENTO_MODELS")),
    providers: read("PENTIMENTO_PROVIDERS"),
    deviceId: read("PENTIMENTO_DEVICE"),
    threads: read("PENTIMENTO_THREADS"),
  };
  if (faults.length > 0) throw new Refused("BAD_INPUT", faults.join("\n"), faults);
  return config;
}
