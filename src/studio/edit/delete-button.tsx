import { useState } from "react";
import { DeleteImageDocument } from "../../../schema/generated/graphql.ts";
import { takeLostFocus } from "../arrival.tsx";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { useDeed } from "../use-deed.ts";

/** Deletes a picture of an edit for good, once that was asked for twice. */
export function DeleteButton({ imageId, onDone }: { readonly imageId: string; readonly onDone: () => Promise<void> }) {
  const { api } = useSession();
  const [state, setState] = useState<"untouched" | "asking" | "kept">("untouched");
  const { busy, error, run } = useDeed(() => api.ask(DeleteImageDocument, { id: imageId }).then(onDone));
  if (state !== "asking")
    return (
      <button
        ref={state === "kept" ? takeLostFocus : undefined}
        type="button"
        className="quiet"
        onClick={() => setState("asking")}
      >
        Delete
      </button>
    );
  return (
    <div className="verdict" role="alert">
      <p>The picture goes for good, and its links with it. How it was made stays on record.</p>
      {error && <Fault error={error} />}
      <div className="row">
        <button type="button" disabled={busy} onClick={run}>
          {busy ? "Deleting …" : "Delete for good"}
        </button>
        {/* The focus comes here, so that a key held down deletes nothing. */}
        <button ref={takeLostFocus} type="button" className="quiet" disabled={busy} onClick={() => setState("kept")}>
          Keep it
        </button>
      </div>
    </div>
  );
}
