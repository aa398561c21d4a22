import type { ShownEditFragment, ShownImageFragment } from "../../../schema/generated/graphql.ts";
import { Fault } from "../fault.tsx";
import { Picture } from "../picture.tsx";
import { appealWords, statusWords, verdictWords } from "../words.ts";
import { AppealForm } from "./appeal-form.tsx";
import { CancelButton } from "./cancel-button.tsx";

/** An edit that brought no picture, or none yet: why, and what can be done. */
export function OutcomeView({
  edit,
  onGoOn,
  onDone,
}: {
  readonly edit: ShownEditFragment;
  readonly onGoOn: (image: ShownImageFragment, sentence: string) => void;
  readonly onDone: () => Promise<void>;
}) {
  const { status, verdict, error, appeal } = edit;
  const [source] = edit.sources;
  return (
    <section className="bench" aria-label={statusWords[status]} data-status={status}>
      <div className="easel">
        <figure className="canvas dim">{source && <Picture url={source.shown} alt="The photo" />}</figure>
      </div>
      <div className="sheet">
        <blockquote>{edit.prompt}</blockquote>
        <h2 className="state">{statusWords[status]}</h2>
        {status === "REFUSED" && verdict && (
          <div className="verdict" role="alert">
            <p>{verdictWords(verdict)}</p>
            <p className="hint">
              Policy {verdict.policyVersion}. {!appeal && !verdict.appealable && "This cannot be appealed."}
            </p>
          </div>
        )}
        {status === "REFUSED" && verdict?.appealable && <AppealForm id={edit.id} onDone={onDone} />}
        {status === "REFUSED" && appeal && <p role="status">{appealWords[appeal]}</p>}
        {status === "IN_REVIEW" && (
          <div className="verdict" role="status">
            {verdict && <p>{verdictWords(verdict)}</p>}
            <p>Nothing to do: a moderator looks at it, and the edit goes on or is refused. This page will show it.</p>
          </div>
        )}
        {status === "IN_REVIEW" && <CancelButton id={edit.id} onDone={onDone} />}
        {status === "FAILED" && error && <Fault error={error} />}
        {status === "EXPIRED" && (
          <p>Its deadline passed before it could be begun. Edits sent from this page have none.</p>
        )}
        {status !== "IN_REVIEW" && source?.url && (
          <button type="button" onClick={() => onGoOn(source, edit.prompt)}>
            Try another sentence
          </button>
        )}
        <a className="quiet" href="#/">
          New edit
        </a>
      </div>
    </section>
  );
}
