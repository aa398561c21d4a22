import { useState } from "react";
import { type CaseAction, type CaseDetailsFragment, ResolveCaseDocument } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { caseActionWords, consequences } from "./case-words.ts";

export function DecisionForm({
  found,
  onDecided,
  onRefused,
}: {
  readonly found: CaseDetailsFragment;
  readonly onDecided: (decided: CaseDetailsFragment) => void;
  readonly onRefused: () => void;
}) {
  const { api } = useSession();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<ApiError>();
  const decide = (action: CaseAction) => {
    setError(undefined);
    const fail = (why: ApiError) => {
      setError(why);
      onRefused();
    };
    api
      .ask(ResolveCaseDocument, { id: found.id, action, reason: reason.trim() })
      .then(({ resolveCase }) => onDecided(resolveCase), fail);
  };
  const actions: readonly CaseAction[] =
    found.status === "ESCALATED" ? ["APPROVE", "REJECT"] : ["APPROVE", "REJECT", "ESCALATE"];
  return (
    <section>
      <label htmlFor="reason">Reason, kept with the case</label>
      <textarea
        id="reason"
        rows={2}
        maxLength={2000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <p className="hint">{consequences[found.kind]}</p>
      {error && <Fault error={error} />}
      <div className="row">
        {actions.map((action) => (
          <button
            key={action}
            type="button"
            className={action === "APPROVE" ? "main" : ""}
            disabled={reason.trim() === ""}
            onClick={() => decide(action)}
          >
            {caseActionWords[action]}
          </button>
        ))}
      </div>
    </section>
  );
}
