import { useEffect, useReducer } from "react";
import type { ShownEditFragment } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { Picture } from "../picture.tsx";
import { after, now } from "../timer.ts";
import { about } from "../words.ts";
import { CancelButton } from "./cancel-button.tsx";
import type { Progress } from "./progress.ts";
import { progressWords } from "./progress-words.ts";

/** The result as it comes out of the source: the preview lies over it, ever denser and sharper. */
export function ProgressView({
  edit,
  progress,
  error,
  onDone,
}: {
  readonly edit: ShownEditFragment;
  readonly progress: Progress;
  readonly error: ApiError | undefined;
  readonly onDone: () => Promise<void>;
}) {
  const { index, step, total = edit.steps, preview } = progress;
  const share = total === 0 ? 0 : step / total;
  const [source] = edit.sources;
  return (
    <section className="bench" aria-label="Edit in the making">
      <div className="easel">
        <figure className="canvas layers" data-ratio={edit.aspectRatio}>
          {source && <Picture url={source.shown} alt="The photo" />}
          {preview !== undefined && (
            <img
              src={preview}
              alt="The result so far"
              className="preview"
              data-step={step}
              style={{ opacity: 0.35 + 0.65 * share, filter: `blur(${((1 - share) * 10).toFixed(1)}px)` }}
            />
          )}
        </figure>
      </div>
      <div className="sheet">
        <blockquote>{edit.prompt}</blockquote>
        <p className="state">{progressWords(edit, progress)}</p>
        <progress aria-label={`Steps of picture ${index + 1}`} max={total} value={step} />
        <p className="hint figures">
          {step > 0 ? `step ${step} of ${total}` : `${total} steps`}
          {edit.count > 1 && ` · picture ${index + 1} of ${edit.count}`}
          <Remaining until={progress.expectedAt} />
        </p>
        {error && <Fault error={error} />}
        <CancelButton id={edit.id} onDone={onDone} />
      </div>
    </section>
  );
}

/** The time that is left, as it runs out; nothing once it has. */
function Remaining({ until }: { readonly until: number | undefined }) {
  const [, tick] = useReducer((ticks: number) => ticks + 1, 0);
  useEffect(() => after(1000, tick));
  const leftMs = until === undefined ? 0 : until - now();
  return leftMs > 0 && ` · ${about(leftMs)} left`;
}
