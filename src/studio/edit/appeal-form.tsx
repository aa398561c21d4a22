import { useState } from "react";
import { AppealEditDocument } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";

/** Asks for a person to look at a refusal; once. */
export function AppealForm({ id }: { readonly id: string }) {
  const { api } = useSession();
  const [statement, setStatement] = useState("");
  const [sent, setSent] = useState(false);
  const [error, setError] = useState<ApiError>();
  if (sent) return <p role="status">Your appeal is with the moderators. If they agree, the edit goes on by itself.</p>;
  return (
    <form
      className="appeal"
      onSubmit={(event) => {
        event.preventDefault();
        setError(undefined);
        api.ask(AppealEditDocument, { id, statement: statement.trim() }).then(() => setSent(true), setError);
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
      <button type="submit" disabled={statement.trim() === ""}>
        Appeal
      </button>
    </form>
  );
}
