import { useState } from "react";
import { useFocusAfter, ViewHeading } from "../arrival.tsx";
import { CaseView } from "./case-view.tsx";
import { Queue } from "./queue.tsx";

/** Where people decide: what waits on one side, one case on the other. */
export function ModerationView({ caseId }: { readonly caseId: string | undefined }) {
  const [changes, setChanges] = useState(0);
  useFocusAfter(changes);
  const heading = <ViewHeading route={{ name: "moderation", caseId }} />;
  return (
    <main className="moderation">
      {caseId === undefined && heading}
      <Queue shown={caseId} changes={changes} />
      {caseId === undefined ? (
        <p className="sheet hint">
          Choose a case. Its pictures are blurred until you ask, and every look is written down.
        </p>
      ) : (
        <>
          {heading}
          <CaseView key={caseId} id={caseId} onChanged={() => setChanges((before) => before + 1)} />
        </>
      )}
    </main>
  );
}
