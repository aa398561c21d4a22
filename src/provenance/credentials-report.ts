import { z } from "zod";
import { present } from "../core/present.ts";
import { modelLabel } from "./claim.ts";

/** What a file's credentials say, and whether they hold. */
export interface CredentialsReport {
  /**
   * - trusted: untouched since it was signed, by somebody that the anchors vouch for
   * - valid: untouched since it was signed, by somebody unknown
   * - broken: there are credentials, and they do not fit the file or themselves
   * - absent: none were found; nothing follows from that
   */
  readonly state: "trusted" | "valid" | "broken" | "absent";
  /** Whether it was signed with this server's own certificate. */
  readonly own: boolean;
  /** C2PA's codes for what failed, such as assertion.dataHash.mismatch. */
  readonly faults: readonly string[];
  /** Where the file says that its credentials are kept instead; never fetched. */
  readonly remoteUrl?: string;
  /** What was signed last; of a broken file only what it claims. */
  readonly manifest?: ManifestReport;
}

export interface ManifestReport {
  readonly label: string;
  readonly title?: string;
  /** Program that made the claim. */
  readonly generator?: string;
  readonly signer?: { readonly name?: string; readonly organization?: string; readonly serialNumber?: string };
  /** ISO 8601, as a timestamp authority said; absent when none was asked. */
  readonly signedAt?: string;
  readonly actions: readonly ActionReport[];
  readonly model?: { readonly name: string; readonly digest: string };
  readonly prompt?: string;
  readonly watermark?: { readonly algorithm: string; readonly value: string };
  readonly sources: readonly SourceReport[];
}

export interface ActionReport {
  readonly action: string;
  readonly when?: string;
  readonly digitalSourceType?: string;
  readonly softwareAgent?: string;
}

export interface SourceReport {
  readonly title?: string;
  /** parentOf, componentOf or inputTo. */
  readonly relationship: string;
  /** Codes for what failed when the source's own credentials were checked as it came in. */
  readonly faults: readonly string[];
  /** Its own credentials, when it had any. */
  readonly manifest?: ManifestReport;
}

/** A chain that is longer is cut: files come from anybody. */
const chainLengthMax = 20;
/** One that branches is cut after so many: the same manifest is told as often as it is named. */
const manifestsMax = 200;
const listLengthMax = 50;
const textLengthMax = 500;

const text = z
  .string()
  // An empty text says nothing.
  .transform((value) => value.slice(0, textLengthMax) || undefined)
  .optional()
  .catch(undefined);
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((items) =>
      items.slice(0, listLengthMax).flatMap((value) => {
        const parsed = item.safeParse(value);
        return parsed.success ? [parsed.data] : [];
      }),
    );
const statuses = list(z.object({ code: z.string() }));
const results = z
  .object({ activeManifest: z.object({ failure: statuses }).optional().catch(undefined) })
  .optional()
  .catch(undefined);

const manifest = z.object({
  label: text,
  title: text,
  claim_generator: text,
  claim_generator_info: list(z.object({ name: text, version: text })),
  signature_info: z
    .object({ common_name: text, issuer: text, cert_serial_number: text, time: text })
    .optional()
    .catch(undefined),
  assertions: list(z.object({ label: z.string(), data: z.unknown().optional() })),
  ingredients: list(z.object({ title: text, relationship: text, active_manifest: text, validation_results: results })),
});

const store = z.object({
  active_manifest: z.string().optional(),
  manifests: z.record(z.string(), z.unknown()).catch({}),
  validation_state: z.enum(["Trusted", "Valid", "Invalid"]).catch("Invalid"),
  validation_results: results,
  validation_status: statuses,
});

const action = z.object({
  action: z.string(),
  when: text,
  digitalSourceType: text,
  softwareAgent: z.unknown().optional(),
});
const actions = z.object({ actions: list(action) });
const agent = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]);
const model = z.object({ name: z.string(), digest: z.string(), prompt: text });
const softBinding = z.object({ alg: z.string(), blocks: z.array(z.object({ value: z.string() })).min(1) });

const states = { Trusted: "trusted", Valid: "valid", Invalid: "broken" } as const;

/** Reads what C2PA's reader found: data from anybody, so everything is optional and everything has a length. */
export function reportOf(found: unknown, ownSerialNumber: string | undefined): CredentialsReport {
  const {
    active_manifest: label,
    manifests,
    validation_state,
    validation_results,
    validation_status,
  } = store.parse(found);
  const faults = [...(validation_results?.activeManifest?.failure ?? []), ...validation_status].map(({ code }) => code);
  const report =
    label === undefined ? undefined : manifestReport(label, { manifests, left: manifestsMax }, chainLengthMax);
  const state = states[validation_state];
  // Anybody can give a certificate our number; only who is vouched for cannot have done so.
  const serialNumber = report?.signer?.serialNumber;
  const own = state === "trusted" && serialNumber !== undefined && serialNumber === ownSerialNumber;
  return { state, own, faults: [...new Set(faults)], ...(report && { manifest: report }) };
}

/** What there is to tell of, and how much more of it may be told. */
interface Telling {
  readonly manifests: Readonly<Record<string, unknown>>;
  left: number;
}

function manifestReport(label: string, telling: Telling, depth: number): ManifestReport | undefined {
  const { manifests, left } = telling;
  const mayTell = depth > 0 && left > 0 && Object.hasOwn(manifests, label);
  const parsed = mayTell ? manifest.safeParse(manifests[label]) : undefined;
  if (!parsed?.success) return undefined;
  telling.left -= 1;
  const { title, claim_generator, claim_generator_info, signature_info, assertions, ingredients } = parsed.data;
  const data = (name: string) => assertions.find((assertion) => assertion.label.startsWith(name))?.data;
  const info = claim_generator_info[0];
  const binding = softBinding.safeParse(data("c2pa.soft-binding")).data;
  const { prompt, ...maker } = model.safeParse(data(modelLabel)).data ?? {};
  return {
    label,
    actions: actionReports(data("c2pa.actions")),
    sources: ingredients.map((ingredient) => ({
      relationship: ingredient.relationship ?? "",
      faults: (ingredient.validation_results?.activeManifest?.failure ?? []).map(({ code }) => code),
      ...present({ title: ingredient.title }),
      ...present({
        manifest: ingredient.active_manifest && manifestReport(ingredient.active_manifest, telling, depth - 1),
      }),
    })),
    ...present({
      title,
      generator: info?.name ? [info.name, info.version].filter(Boolean).join(" ") : claim_generator,
      signer:
        signature_info &&
        present({
          name: signature_info.common_name,
          organization: signature_info.issuer,
          serialNumber: signature_info.cert_serial_number,
        }),
      signedAt: signature_info?.time,
      model: "name" in maker ? maker : undefined,
      prompt,
      watermark: binding && { algorithm: binding.alg, value: binding.blocks[0]!.value },
    }),
  } as ManifestReport;
}

function actionReports(data: unknown): ActionReport[] {
  const parsed = actions.safeParse(data);
  if (!parsed.success) return [];
  return parsed.data.actions.map(({ softwareAgent, ...rest }) => ({
    ...present(rest),
    ...present({ softwareAgent: agent.safeParse(softwareAgent).data || undefined }),
  })) as ActionReport[];
}
