import type { AuditEvent } from "../core/audit-event.ts";

export const exportFormats = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** An event as the store gives it: its place is null until it is sealed. */
export interface LoggedEvent extends AuditEvent {
  readonly position: number | null;
  readonly link: string | null;
}

const columns = [
  "position",
  "id",
  "at",
  "actor",
  "kind",
  "subjectKind",
  "subjectId",
  "accountId",
  "category",
  "details",
  "salt",
  "detailsDigest",
  "link",
] as const satisfies readonly (keyof LoggedEvent)[];

/** Events as text, a page at a time. NDJSON is exact; CSV (RFC 4180) has a header and is for spreadsheets. */
export async function* exportEvents(
  pages: AsyncIterable<readonly LoggedEvent[]>,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === "csv") yield `${columns.join(",")}\r\n`;
  const line = format === "csv" ? csvLine : jsonLine;
  for await (const page of pages) if (page.length > 0) yield page.map(line).join("");
}

function jsonLine(event: LoggedEvent): string {
  return `${JSON.stringify(Object.fromEntries(columns.map((column) => [column, event[column]])))}\n`;
}

function csvLine(event: LoggedEvent): string {
  return `${columns.map((column) => csvCell(event[column])).join(",")}\r\n`;
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text =
    value instanceof Date ? value.toISOString() : typeof value === "object" ? JSON.stringify(value) : `${value}`;
  // A spreadsheet would take such a cell for a formula and run it.
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
