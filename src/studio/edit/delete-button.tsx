import { useState } from "react";
import { DeleteImageDocument, EditShownDocument, type ShownEditFragment } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";

/** Deletes a picture of an edit for good, once that was asked for twice. */
export function DeleteButton({
  imageId,
  editId,
  onEdit,
}: {
  readonly imageId: string;
  readonly editId: string;
  readonly onEdit: (edit: ShownEditFragment) => void;
}) {
  const { api } = useSession();
  const [state, setState] = useState<"resting" | "asking" | "deleting">("resting");
  const [error, setError] = useState<ApiError>();
  const remove = async () => {
    setState("deleting");
    await api.ask(DeleteImageDocument, { id: imageId });
    const { edit } = await api.ask(EditShownDocument, { id: editId });
    if (edit) onEdit(edit);
  };
  if (state === "resting")
    return (
      <button type="button" className="quiet" onClick={() => setState("asking")}>
        Delete
      </button>
    );
  return (
    <div className="verdict" role="alert">
      <p>The picture goes for good, and its links with it. How it was made stays on record.</p>
      {error && <Fault error={error} />}
      <button
        type="button"
        disabled={state === "deleting"}
        onClick={() => {
          remove().catch((why: ApiError) => {
            setError(why);
            setState("asking");
          });
        }}
      >
        {state === "deleting" ? "Deleting …" : "Delete for good"}
      </button>{" "}
      <button type="button" className="quiet" disabled={state === "deleting"} onClick={() => setState("resting")}>
        Keep it
      </button>
    </div>
  );
}
