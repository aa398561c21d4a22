import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { categoryWords, verdictWords, when } from "../words.ts";
import { AccountPanel } from "./account-panel.tsx";
import { CasePictures } from "./case-pictures.tsx";
import { caseActionWords, caseKindWords, caseStatusWords } from "./case-words.ts";
import { DecisionForm } from "./decision-form.tsx";
import { OutcomesTable } from "./outcomes-table.tsx";
import { useCase } from "./use-case.ts";

export function CaseView({ id, onChanged }: { readonly id: string; readonly onChanged: () => void }) {
  const { viewer } = useSession();
  const { found, error, retry, claim, show, lookAgain } = useCase(id, onChanged);
  if (found === undefined)
    return <div className="sheet">{error ? <Fault error={error} onRetry={retry} /> : "Opening the case …"}</div>;

  const { edit, decisions, status } = found;
  const undecided = status === "OPEN" || status === "CLAIMED" || status === "ESCALATED";
  return (
    <article className="sheet case" data-status={status}>
      <header>
        <h2>
          {caseKindWords[found.kind]}: {categoryWords[found.category]}
        </h2>
        <p className="hint" role="status">
          {caseStatusWords[status]}
          {found.claimedBy && (found.claimedBy === viewer.account.id ? " by you" : " by another moderator")} · opened{" "}
          {when(found.createdAt)}
        </p>
        {status === "OPEN" && (
          <button type="button" onClick={claim}>
            Claim
          </button>
        )}
      </header>
      {error && <Fault error={error} />}
      {edit && <blockquote>{edit.prompt}</blockquote>}
      {edit?.verdict && <p>{verdictWords(edit.verdict)}</p>}
      {found.statement && (
        <section>
          <h3>Statement</h3>
          <p className="statement">{found.statement}</p>
        </section>
      )}
      <CasePictures key={status} id={id} />
      {found.outcomes.length > 0 && <OutcomesTable outcomes={found.outcomes} />}
      {decisions.length > 0 && (
        <section>
          <h3>Decisions</h3>
          <ul>
            {decisions.map((decision) => (
              <li key={decision.createdAt}>
                <strong>{caseActionWords[decision.action]}</strong>: {decision.reason} ({when(decision.createdAt)})
              </li>
            ))}
          </ul>
        </section>
      )}
      {undecided && <DecisionForm found={found} onDecided={show} onRefused={lookAgain} />}
      <AccountPanel accountId={found.account.id} changes={decisions.length} />
    </article>
  );
}
