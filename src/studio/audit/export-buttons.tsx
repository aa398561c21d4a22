import { useState } from "react";
import { AuditExportDocument, type AuditFilterInput, type AuditFormat } from "../../../schema/generated/graphql.ts";
import { type ApiError, here } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";

const formats: readonly AuditFormat[] = ["CSV", "NDJSON"];

/** Files with the events that are shown, and all that follow them. That one is taken is itself written down. */
export function ExportButtons({ filter }: { readonly filter: AuditFilterInput }) {
  const { api } = useSession();
  const [error, setError] = useState<ApiError>();
  const take = (format: AuditFormat) => {
    setError(undefined);
    api.ask(AuditExportDocument, { format, filter }).then(({ auditExport }) => save(here(auditExport)), setError);
  };
  return (
    <>
      {formats.map((format) => (
        <button key={format} type="button" title="A file with all events that match" onClick={() => take(format)}>
          Export {format}
        </button>
      ))}
      {error && <Fault error={error} />}
    </>
  );
}

/** Has the browser save what an address gives. Refused, it is a download that failed, and does not take the page's place. */
function save(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
