import type { ShownEditFragment } from "../../../schema/generated/graphql.ts";
import { Fault } from "../fault.tsx";
import { Picture } from "../picture.tsx";
import { isOver, statusWords, when } from "../words.ts";
import type { Edits } from "./use-edits.ts";

/** What was made before. Under each picture lies the one that it was made from, and shows through when pointed at. */
export function History({ edits, shown }: { readonly edits: Edits; readonly shown: string | undefined }) {
  const { list, error, retry, more } = edits;
  if (list.length === 0 && error === undefined) return null;
  return (
    <section className="history" aria-labelledby="history">
      <h2 id="history">Earlier</h2>
      {error && <Fault error={error} onRetry={retry} />}
      <ol>
        {list.map((edit) => (
          <li key={edit.id}>
            <a href={`#/edits/${edit.id}`} {...(edit.id === shown && { "aria-current": "page" })}>
              <Thumbnail edit={edit} />
              <span className="caption">{edit.prompt}</span>
              <time dateTime={edit.createdAt}>{when(edit.createdAt)}</time>
            </a>
          </li>
        ))}
      </ol>
      {more && (
        <button type="button" className="quiet" onClick={more}>
          Show more
        </button>
      )}
    </section>
  );
}

function Thumbnail({ edit }: { readonly edit: ShownEditFragment }) {
  const [source] = edit.sources;
  const [image] = edit.images;
  return (
    <span className="thumbnail" data-status={edit.status}>
      {source?.thumbnail && <Picture url={source.thumbnail} alt="" className="under" />}
      {image?.thumbnail && <Picture url={image.thumbnail} alt="" className="over" />}
      {edit.status !== "SUCCEEDED" && (
        <span className="badge" data-over={isOver(edit.status)}>
          {statusWords[edit.status]}
        </span>
      )}
    </span>
  );
}
