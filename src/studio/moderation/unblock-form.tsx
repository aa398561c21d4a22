import { useState } from "react";
import { UnblockImageDocument } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";

/** Under a blocked picture: lets it be served again. */
export function UnblockForm({ imageId, onDone }: { readonly imageId: string; readonly onDone: () => void }) {
  const { api } = useSession();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<ApiError>();
  const unblock = () => {
    setError(undefined);
    api.ask(UnblockImageDocument, { id: imageId, reason: reason.trim() }).then(onDone, setError);
  };
  return (
    <details>
      <summary>Blocked</summary>
      <label htmlFor={`unblock-${imageId}`}>Reason, kept in the audit log</label>
      <input
        id={`unblock-${imageId}`}
        maxLength={2000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      {error && <Fault error={error} />}
      <button type="button" disabled={reason.trim() === ""} onClick={unblock}>
        Unblock
      </button>
    </details>
  );
}
