import { useState } from "react";
import { AppealEditDocument } from "../../../schema/generated/graphql.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { useDeed } from "../use-deed.ts";

/** Asks for a person to look at a refusal; once. */
export function AppealForm({ id, onDone }: { readonly id: string; readonly onDone: () => Promise<void> }) {
  const { api } = useSession();
  const [statement, setStatement] = useState("");
  const { busy, error, run } = useDeed(() =>
    api.ask(AppealEditDocument, { id, statement: statement.trim() }).then(onDone),
  );
  return (
    <form
      className="appeal"
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <label htmlFor="statement">Was the filter wrong? Say why; a person will look.</label>
      <textarea
        id="statement"
        rows={2}
        maxLength={2000}
        required
        value={statement}
        onChange={(event) => setStatement(event.target.value)}
      />
      {error && <Fault error={error} />}
      <button type="submit" disabled={busy || statement.trim() === ""}>
        Appeal
      </button>
    </form>
  );
}
