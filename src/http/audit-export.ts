import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ExportFormat } from "../audit/export.ts";
import type { Clock } from "../core/clock.ts";
import { Shares } from "../core/shares.ts";
import type { UrlSigner } from "../delivery/signed-url.ts";
import { exportOf } from "../journey/audit-link.ts";
import type { AuditReader } from "../journey/audit-reader.ts";
import { tooMany } from "./error-answer.ts";
import type { Handler } from "./exchange.ts";
import { grantOf, type MayServe } from "./signed.ts";

/** Exports under way. Each holds a page of events and reads the next as fast as its reader takes them. */
const atOnce = { max: 32, accountMax: 1 } as const;

const refusal = tooMany(
  {
    account: "an export of this account is under way; wait until it ends",
    all: `${atOnce.max} exports are under way; try again in a minute`,
  },
  60_000,
);

/** An export that takes longer is cut off: a reader that takes a byte a minute would keep its place for ever. */
const exportMsMax = 30 * 60_000;

const contentTypes: Readonly<Record<ExportFormat, string>> = {
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson; charset=utf-8",
};

export interface AuditExportPorts {
  readonly signer: UrlSigner;
  readonly mayServe: MayServe;
  readonly reader: Pick<AuditReader, "export">;
  readonly clock: Clock;
}

/** `GET /audit/export`: the audit events that the signed parameters name, as fast as the client reads and no faster. */
export function auditExportHandler({ signer, mayServe, reader, clock }: AuditExportPorts): Handler {
  const shares = new Shares(atOnce);
  return async (exchange) => {
    const { accountId, parameters } = grantOf(exchange, signer, mayServe, "ask auditExport for a new one");
    const { wish, format } = exportOf(parameters);
    const day = clock.date().toISOString().slice(0, 10);
    const headers = {
      "content-type": contentTypes[format],
      "content-disposition": `attachment; filename="pentimento-audit-${day}.${format}"`,
      "cache-control": "no-store",
    };
    const { response } = exchange;
    if (exchange.method === "HEAD") {
      response.writeHead(200, headers).end();
      return;
    }
    const send = async () => {
      const callOff = clock.after(exportMsMax, () => response.destroy());
      try {
        const lines = await reader.export(accountId, wish, format);
        response.writeHead(200, headers);
        await pipeline(Readable.from(lines), response).catch((error: NodeJS.ErrnoException) => {
          // Whoever stops a download does no wrong.
          if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
        });
      } finally {
        callOff();
      }
    };
    await shares.runNow(accountId, send, refusal);
  };
}
