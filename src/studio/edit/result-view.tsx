import { useState } from "react";
import type { ShownEditFragment, ShownImageFragment } from "../../../schema/generated/graphql.ts";
import { here } from "../api.ts";
import { Picture } from "../picture.tsx";
import { ProvenancePanel } from "../provenance/provenance-panel.tsx";
import { BeforeAfter } from "./before-after.tsx";
import { DeleteButton } from "./delete-button.tsx";

export function ResultView({
  edit,
  onGoOn,
  onDone,
}: {
  readonly edit: ShownEditFragment;
  readonly onGoOn: (image: ShownImageFragment) => void;
  readonly onDone: () => Promise<void>;
}) {
  const [chosen, setChosen] = useState(0);
  const image = edit.images[chosen] ?? edit.images[0];
  const [source] = edit.sources;
  if (image === undefined) return <p className="sheet">The picture of this edit was deleted.</p>;
  return (
    <section className="bench" aria-label="Result">
      <div className="easel">
        <figure className="canvas" data-ratio={edit.aspectRatio}>
          {source?.shown ? (
            <BeforeAfter before={source.shown} after={image.shown} alt={`After: ${edit.prompt}`} />
          ) : (
            <Picture url={image.shown} alt={edit.prompt} />
          )}
        </figure>
        {edit.images.length > 1 && (
          <ul className="takes" aria-label="Pictures of this edit">
            {edit.images.map((one, index) => (
              <li key={one.id}>
                <button type="button" aria-pressed={index === chosen} onClick={() => setChosen(index)}>
                  <Picture url={one.thumbnail} alt={`Picture ${index + 1}`} />
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className="sheet">
        <blockquote>{edit.prompt}</blockquote>
        <dl className="recipe">
          <Fact name="Seed">{edit.seed + chosen}</Fact>
          <Fact name="Steps">{edit.steps}</Fact>
          <Fact name="Guidance">{Number(edit.guidance.toFixed(2))}</Fact>
          <Fact name="Size">
            {image.width} × {image.height}
          </Fact>
        </dl>
        {image.url ? (
          <>
            <a className="main" href={here(image.url)} download>
              Download
            </a>
            <button type="button" onClick={() => onGoOn(image)}>
              Edit this further
            </button>
          </>
        ) : (
          <p className="hint">The picture is no longer served. How it was made is still on record.</p>
        )}
        <a className="quiet" href="#/">
          New edit
        </a>
        {image.url && <DeleteButton key={`delete ${image.id}`} imageId={image.id} onDone={onDone} />}
        <ProvenancePanel key={image.id} imageId={image.id} />
      </div>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
