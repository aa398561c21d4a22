import { useState } from "react";
import type { EditStatus, ShownEditFragment, ShownImageFragment } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useFocusAfter } from "../arrival.tsx";
import { Fault } from "../fault.tsx";
import { OutcomeView } from "./outcome-view.tsx";
import type { Progress } from "./progress.ts";
import { ProgressView } from "./progress-view.tsx";
import { progressWords } from "./progress-words.ts";
import { ResultView } from "./result-view.tsx";
import { useFollow } from "./use-follow.ts";

/** One edit, wherever it stands. What it comes to is said in one place that stays, or it would not be heard. */
export function EditView({
  id,
  known,
  onGoOn,
  onChanged,
}: {
  readonly id: string;
  readonly known: EditStatus | undefined;
  readonly onGoOn: (image: ShownImageFragment, sentence?: string) => void;
  readonly onChanged: (id: string) => void;
}) {
  const { edit, error, progress, reload, retry } = useFollow(id, known);
  const [deeds, setDeeds] = useState(0);
  useFocusAfter(deeds);
  const change = async () => {
    onChanged(id);
    await reload();
    setDeeds((before) => before + 1);
  };
  return (
    <>
      <p role="status" className={edit || error ? "unseen" : undefined}>
        {edit ? progressWords(edit, progress) : error === undefined && "Looking for the edit …"}
      </p>
      {edit ? (
        <Standing edit={edit} error={error} progress={progress} onGoOn={onGoOn} onDone={change} />
      ) : (
        error && (
          <div className="sheet">
            <Fault error={error} onRetry={retry} />
          </div>
        )
      )}
    </>
  );
}

function Standing({
  edit,
  error,
  progress,
  onGoOn,
  onDone,
}: {
  readonly edit: ShownEditFragment;
  readonly error: ApiError | undefined;
  readonly progress: Progress;
  readonly onGoOn: (image: ShownImageFragment, sentence?: string) => void;
  readonly onDone: () => Promise<void>;
}) {
  switch (edit.status) {
    case "SUCCEEDED":
      return <ResultView edit={edit} onGoOn={onGoOn} onDone={onDone} />;
    case "REFUSED":
    case "IN_REVIEW":
    case "FAILED":
    case "CANCELLED":
    case "EXPIRED":
      return <OutcomeView edit={edit} onGoOn={onGoOn} onDone={onDone} />;
    default:
      return <ProgressView edit={edit} progress={progress} error={error} onDone={onDone} />;
  }
}
