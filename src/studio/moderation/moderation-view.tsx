import { CaseView } from "./case-view.tsx";
import { Queue } from "./queue.tsx";

/** Where people decide: what waits on one side, one case on the other. */
export function ModerationView({ caseId }: { readonly caseId: string | undefined }) {
  return (
    <main className="moderation">
      <Queue shown={caseId} />
      {caseId === undefined ? (
        <p className="sheet hint">
          Choose a case. Its pictures are blurred until you ask, and every look is written down.
        </p>
      ) : (
        <CaseView key={caseId} id={caseId} />
      )}
    </main>
  );
}
