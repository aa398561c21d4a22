import type { EditStatus, ShownEditFragment, ShownImageFragment } from "../../../schema/generated/graphql.ts";
import { Fault } from "../fault.tsx";
import { OutcomeView } from "./outcome-view.tsx";
import { ProgressView } from "./progress-view.tsx";
import { ResultView } from "./result-view.tsx";
import { useFollow } from "./use-follow.ts";

/** One edit, wherever it stands. */
export function EditView({
  id,
  known,
  onGoOn,
  onChanged,
}: {
  readonly id: string;
  readonly known: EditStatus | undefined;
  readonly onGoOn: (image: ShownImageFragment) => void;
  readonly onChanged: (edit: ShownEditFragment) => void;
}) {
  const { edit, error, progress, setEdit } = useFollow(id, known);
  const change = (changed: ShownEditFragment) => {
    setEdit(changed);
    onChanged(changed);
  };
  if (error !== undefined && edit === undefined) {
    return (
      <div className="sheet">
        <Fault error={error} />
      </div>
    );
  }
  if (edit === undefined) return <p role="status">Looking for the edit …</p>;
  switch (edit.status) {
    case "SUCCEEDED":
      return <ResultView edit={edit} onGoOn={onGoOn} onEdit={change} />;
    case "REFUSED":
    case "IN_REVIEW":
    case "FAILED":
    case "CANCELLED":
    case "EXPIRED":
      return <OutcomeView edit={edit} onGoOn={onGoOn} onEdit={setEdit} />;
    default:
      return <ProgressView edit={edit} progress={progress} error={error} onEdit={setEdit} />;
  }
}
