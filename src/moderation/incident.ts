import type { Category, Stage } from "../core/moderation.ts";

/** A hit that has to be kept, and in many countries reported. Bytes are sealed beside it, never in it. */
export interface Incident {
  readonly id: string;
  readonly at: Date;
  readonly preservedUntil: Date;
  readonly stage: Stage;
  readonly category: Category;
  readonly filter: string;
  readonly account: { readonly id: string; readonly name?: string; readonly email?: string };
  readonly editId?: string;
  readonly imageId?: string;
  /** For a hit on the prompt, which both were read for. */
  readonly prompt?: string;
  readonly negativePrompt?: string;
  /** Of the picture's file and pixels, in hex. */
  readonly sha256?: string;
  readonly md5?: string;
  readonly pdq?: string;
  /** Whether the picture is kept, sealed to the operator's key. */
  readonly sealed: boolean;
  /** Whether a person has looked at the picture. */
  readonly viewed: boolean;
}

/** Who reports: the operator of the server. */
export interface Reporter {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email: string;
  /** What the service is called, and its address. */
  readonly service: string;
  readonly url: string;
}

/** Years that what belongs to a report is preserved (18 U.S.C. § 2258A (h), as amended in 2024). */
const preservedYears = 1;

/** When an incident of this moment may be deleted at the earliest. */
export function preservedUntil(at: Date): Date {
  const until = new Date(at);
  until.setUTCFullYear(until.getUTCFullYear() + preservedYears);
  return until;
}

/** An incident as JSON: every field, dates in ISO 8601. */
export function incidentJson(incident: Incident, reporter: Reporter): string {
  return `${JSON.stringify({ format: 1, incident, reporter }, null, 2)}\n`;
}

/**
 * Drafts in the form of NCMEC's CyberTipline reporting API, for a person to check and send: `report` for /submit, and for a
 * picture `fileDetails` for /fileinfo, whose report and file number the CyberTipline gives. Elements stand in the order of
 * its schema. Nothing is sent anywhere.
 */
export function cyberTiplineDraft(incident: Incident, reporter: Reporter): { report: string; fileDetails?: string } {
  const generated = incident.stage === "OUTPUT";
  const { account, stage } = incident;
  const report = element("report", [
    element("incidentSummary", [
      element("incidentType", "Child Pornography (possession, manufacture, and distribution)"),
      generated && element("reportAnnotations", ["<generativeAi/>"]),
      element("incidentDateTime", incident.at.toISOString()),
      element("incidentDateTimeDescription", "When it was found"),
    ]),
    element("internetDetails", [
      element("webPageIncident", [
        element("url", reporter.url),
        element("additionalInfo", `${reporter.service}: ${whereFound[stage]}`),
      ]),
    ]),
    element("reporter", [
      element("reportingPerson", [
        reporter.firstName && element("firstName", reporter.firstName),
        reporter.lastName && element("lastName", reporter.lastName),
        element("email", reporter.email),
      ]),
    ]),
    element("personOrUserReported", [
      account.email && element("personOrUserReportedPerson", [element("email", account.email)]),
      element("espIdentifier", account.id),
      element("espService", reporter.service),
      account.name && element("screenName", account.name),
    ]),
    element("additionalInfo", narrative(incident)),
  ]);
  if (stage === "PROMPT") return { report: declared(report) };
  const fileDetails = element("fileDetails", [
    "<!-- The CyberTipline's numbers of the report and of the file: -->",
    element("reportId", ""),
    element("fileId", ""),
    incident.imageId && element("originalFileName", incident.imageId),
    element("fileViewedByEsp", `${incident.viewed}`),
    generated && element("fileAnnotations", ["<generativeAi/>"]),
    ...(["md5", "sha256", "pdq"] as const).map((kind) => incident[kind] && hash(kind.toUpperCase(), incident[kind])),
    element("additionalInfo", preservation(incident)),
  ]);
  return { report: declared(report), fileDetails: declared(fileDetails) };
}

const whereFound: Readonly<Record<Stage, string>> = {
  PROMPT: "in a request for an image",
  SOURCE: "in an image uploaded to be edited",
  OUTPUT: "in an image made by a generative model, not delivered",
};

function preservation({ sealed, preservedUntil }: Incident): string {
  const until = preservedUntil.toISOString();
  if (sealed) return `Preserved, encrypted, until ${until}`;
  return `The record is preserved until ${until}; no encrypted copy of the file was made`;
}

function narrative({ id, filter, category, editId, prompt, negativePrompt }: Incident): string {
  return [
    `Incident ${id}, found by ${filter} as ${category}.`,
    ...(editId === undefined ? [] : [`Edit ${editId}.`]),
    ...(prompt === undefined ? [] : [`Prompt: ${prompt}`]),
    ...(negativePrompt === undefined ? [] : [`Negative prompt: ${negativePrompt}`]),
  ].join("\n");
}

function declared(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

/** An element with text, or with other elements, of which those that are not there are left out. */
function element(name: string, content: string | readonly (string | false | undefined)[]): string {
  if (typeof content === "string") return `<${name}>${escaped(content)}</${name}>`;
  const inner = content.filter((one) => one).join("\n");
  return `<${name}>\n${inner.replace(/^(?=\s*<)/gm, "  ")}\n</${name}>`;
}

function hash(type: string, hex: string): string {
  return `<originalFileHash hashType="${type}">${escaped(hex)}</originalFileHash>`;
}

/** Text for XML 1.0: what it cannot hold at all becomes U+FFFD. */
function escaped(text: string): string {
  return (
    text
      .replace(/\p{Surrogate}/gu, "\ufffd")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML forbids.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  );
}
