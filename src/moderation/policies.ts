import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { categories, isUnadjustable, unadjustable } from "../core/moderation.ts";
import { sourceFile } from "../core/program.ts";
import { parseSettings, readSettings } from "./json-file.ts";
import { type Adjustable, type CategoryPolicy, type Policy, unreachable } from "./policy.ts";

/** The policies of one file. */
export class Policies {
  /** Of the file: what an account accepts before it edits. */
  readonly version: string;
  /** A hash list counts as stale when it was imported longer ago than this. */
  readonly hashListAgeHoursMax: number;
  readonly #policies: ReadonlyMap<string, Policy>;

  constructor(version: string, hashListAgeHoursMax: number, policies: readonly Policy[]) {
    this.version = version;
    this.hashListAgeHoursMax = hashListAgeHoursMax;
    this.#policies = new Map(policies.map((policy) => [policy.name, policy]));
  }

  /** Reads and checks a policy file, or the built-in one; throws `Refused` BAD_INPUT with every fault. */
  static async read(file: string = sourceFile("moderation/policies.json")): Promise<Policies> {
    return parsePolicies(await readSettings(file, "BAD_INPUT"), file);
  }

  get names(): readonly string[] {
    return [...this.#policies.keys()];
  }

  /** The policy of an account. One that is not there is refused, never replaced by another. */
  named(name: string): Policy {
    const policy = this.#policies.get(name);
    if (policy !== undefined) return policy;
    throw new Refused(
      "FORBIDDEN",
      `the account's policy "${name}" does not exist; an administrator must give it one of ${this.names.join(", ")}`,
    );
  }
}

const adjustable = categories.filter((category): category is Adjustable => !isUnadjustable(category));

const tolerance = z.int().min(0).max(6);
/** One threshold per tolerance 0…6, from strict to lenient; null is never. */
const row = z
  .array(z.number().min(0).max(1).nullable())
  .length(7)
  .transform((row) => row.map((threshold) => threshold ?? unreachable))
  .refine((row) => row.every((threshold, i) => i === 0 || threshold >= row[i - 1]!), {
    message: "thresholds must not fall from one tolerance to the next",
  });

const categoryPolicy = z
  .strictObject({ review: row, refuse: row, appealable: z.boolean() })
  .refine(({ review, refuse }) => review.every((threshold, i) => threshold <= refuse[i]!), {
    message: "review must not be above refuse",
  })
  .transform(
    ({ review, refuse, appealable }): CategoryPolicy => ({
      thresholds: review.map((threshold, i) => ({ review: threshold, refuse: refuse[i]! })),
      appealable,
    }),
  );

const policy = z.strictObject({
  toleranceMax: tolerance,
  toleranceMaxWithSource: tolerance,
  categories: z.strictObject(Object.fromEntries(adjustable.map((category) => [category, categoryPolicy]))),
  suspensions: z
    .array(
      z.strictObject({
        categories: z.array(z.enum(adjustable)).min(1).optional(),
        count: z.int().min(1).max(10_000),
        windowHours: z.number().positive().max(8_760),
      }),
    )
    .max(100),
});

const policyFile = z.strictObject({
  format: z.literal(1),
  version: z.string().regex(/^[A-Za-z0-9._-]{1,32}$/),
  /** At most 30 days: a list that old knows nothing of what is passed around now. */
  hashListAgeHoursMax: z.number().positive().max(720),
  policies: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/), policy)
    .refine((policies) => "default" in policies, { message: 'there must be a policy called "default"' }),
});

/** The policies of a file's text; throws `Refused` BAD_INPUT with a line per fault. */
export function parsePolicies(text: string, file: string): Policies {
  const { version, hashListAgeHoursMax, policies } = parseSettings(text, file, policyFile, "BAD_INPUT", (json) =>
    namesUnadjustable(json, "").map(
      (path) => `${path}: what holds for ${unadjustable.join(" and ")} is fixed; take it out of the file`,
    ),
  );
  const named = Object.entries(policies).map(
    ([name, { suspensions, ...rest }]): Policy => ({
      ...rest,
      name,
      version: `${name}@${version}`,
      categories: rest.categories as Policy["categories"],
      suspensions: suspensions.map(({ categories: counted, ...rule }) => ({
        ...rule,
        ...(counted === undefined ? {} : { categories: counted }),
      })),
    }),
  );
  return new Policies(version, hashListAgeHoursMax, named);
}

/** Where a file names a category that no file may name, as key or as value, in whatever case. */
function namesUnadjustable(json: unknown, path: string): string[] {
  const isOne = (text: string) => isUnadjustable(text.trim().toUpperCase() as Adjustable);
  if (typeof json === "string") return isOne(json) ? [path] : [];
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    const here = path === "" ? key : `${path}.${key}`;
    return isOne(key) ? [here] : namesUnadjustable(value, here);
  });
}
