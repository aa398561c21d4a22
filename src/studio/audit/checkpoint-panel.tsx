import { useCallback, useEffect, useState } from "react";
import { AuditCheckpointDocument, type AuditCheckpointQuery } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { exactly } from "./audit-words.ts";

/** What stands for the whole log, to be kept elsewhere. */
export function CheckpointPanel() {
  const { api } = useSession();
  const [state, setState] = useState<AuditCheckpointQuery["auditCheckpoint"]>();
  const [error, setError] = useState<ApiError>();
  const load = useCallback(() => {
    setError(undefined);
    api.ask(AuditCheckpointDocument, {}).then(({ auditCheckpoint }) => setState(auditCheckpoint), setError);
  }, [api]);
  useEffect(load, [load]);
  if (state === undefined) return error ? <Fault error={error} onRetry={load} /> : null;
  const { note, size, signedAt, sealed, waiting, publicKey } = state;
  const young = sealed - size + waiting;
  return (
    <section className="sheet checkpoint">
      <h2>The log is signed</h2>
      <p>
        {size.toLocaleString()} events are under the newest checkpoint{signedAt && <>, of {exactly(signedAt)}</>}.{" "}
        {young > 0 ? `${young.toLocaleString()} younger ones get theirs within a minute.` : "None is younger."}
      </p>
      <p className="hint">
        Keep checkpoint and key where this server cannot write. With them, npx pentimento audit verify finds whatever
        was changed, removed or put in since.
      </p>
      <details>
        <summary>Checkpoint and key</summary>
        <pre>{note}</pre>
        <pre>{publicKey}</pre>
      </details>
      {note !== null && (
        <a
          className="quiet"
          download="checkpoint.txt"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(note)}`}
        >
          Download the checkpoint
        </a>
      )}
      <p className="hint">Choose an event to see its details, and its proof.</p>
    </section>
  );
}
