import { type ExportFormat, exportFormats } from "../audit/export.ts";
import { Refused } from "../core/errors.ts";
import type { AuditWish } from "./audit-reader.ts";

/** What is asked of an export, as the parameters of its signed address. */
export function exportParameters(wish: AuditWish, format: ExportFormat): Record<string, string> {
  const { kinds, from, before, ...texts } = wish;
  return {
    ...texts,
    format,
    ...(kinds && { kinds: kinds.join(" ") }),
    ...(from && { from: from.toISOString() }),
    ...(before && { before: before.toISOString() }),
  };
}

/** The same read back; the signature says that we wrote it. Throws `Refused` BAD_INPUT for what we never write. */
export function exportOf(parameters: URLSearchParams): { wish: AuditWish; format: ExportFormat } {
  const format = exportFormats.find((one) => one === parameters.get("format"));
  if (format === undefined) throw new Refused("BAD_INPUT", `format: expected ${exportFormats.join(" or ")}`);
  const given = (name: string) => parameters.get(name) ?? undefined;
  const kinds = given("kinds")?.split(" ");
  const texts = ["accountId", "subjectId", "category", "actor"] as const;
  const times = ["from", "before"] as const;
  const wish = Object.fromEntries(
    [
      ...texts.map((name) => [name, given(name)]),
      ...times.map((name) => [name, given(name) && new Date(given(name)!)]),
      ["kinds", kinds],
    ].filter(([, value]) => value !== undefined),
  ) as AuditWish;
  return { wish, format };
}
