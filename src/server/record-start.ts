import { projectFolder } from "../core/program.ts";
import { runtimeOf } from "../journey/runtime.ts";
import { appendAudit } from "../store/audit-events.ts";
import type { Filtering, Loaded } from "./base.ts";

/**
 * Writes down with what the server starts: settings but no secrets, model, versions, policies and filters. Of the timestamp
 * authority's address no query, which may hold one.
 */
export async function recordStart(parts: Loaded & Pick<Filtering, "filters">): Promise<void> {
  const { db, clock, config, policies, model, report, filters } = parts;
  const { secrets: _secrets, databaseUrl: _url, timestampUrl, ...settings } = config;
  const { manifest } = model;
  const details = {
    settings: { ...settings, ...(timestampUrl !== undefined && { timestampUrl: withoutQuery(timestampUrl) }) },
    database: db.kind,
    model: { name: manifest.name, digest: manifest.digest },
    runtime: { provider: report.outcomes.transformer.got, ...(await runtimeOf(projectFolder, manifest)) },
    policies: { version: policies.version, names: policies.names },
    filters: filters.map(({ name, kind, version, stages }) => ({ name, kind, version, stages })),
  };
  const about = { subjectKind: "server", subjectId: "server" } as const;
  await appendAudit(db, [{ ...about, actor: "server", kind: "config.loaded", details }], clock.date());
}

function withoutQuery(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}
