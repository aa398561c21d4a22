import { useState } from "react";
import { CancelEditDocument, EditShownDocument, type ShownEditFragment } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";

export function CancelButton({
  id,
  onEdit,
}: {
  readonly id: string;
  readonly onEdit: (edit: ShownEditFragment) => void;
}) {
  const { api } = useSession();
  const [asked, setAsked] = useState(false);
  const [error, setError] = useState<ApiError>();
  const cancel = async () => {
    setAsked(true);
    await api.ask(CancelEditDocument, { id });
    const { edit } = await api.ask(EditShownDocument, { id });
    if (edit) onEdit(edit);
  };
  return (
    <>
      <button
        type="button"
        disabled={asked}
        onClick={() => {
          cancel().catch((why: ApiError) => {
            setError(why);
            setAsked(false);
          });
        }}
      >
        {asked ? "Cancelling …" : "Cancel"}
      </button>
      {error && <Fault error={error} />}
    </>
  );
}
