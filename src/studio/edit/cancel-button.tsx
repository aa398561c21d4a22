import { CancelEditDocument } from "../../../schema/generated/graphql.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { useDeed } from "../use-deed.ts";

export function CancelButton({ id, onDone }: { readonly id: string; readonly onDone: () => Promise<void> }) {
  const { api } = useSession();
  const { busy, error, run } = useDeed(() => api.ask(CancelEditDocument, { id }).then(onDone));
  return (
    <>
      <button type="button" disabled={busy} onClick={run}>
        {busy ? "Cancelling …" : "Cancel"}
      </button>
      {error && <Fault error={error} />}
    </>
  );
}
