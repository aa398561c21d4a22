import { ChooseFile, Easel } from "../easel.tsx";
import { Fault } from "../fault.tsx";
import { Picture } from "../picture.tsx";
import cat from "../samples/cat.jpg";
import coffee from "../samples/coffee.jpg";
import { pictureIn, type Source } from "./source.ts";

const samples = [
  { name: "A cat", url: cat },
  { name: "A cup of coffee", url: coffee },
];

interface PickerProps {
  readonly source: Source | undefined;
  readonly onChoose: (file: Blob) => void;
  readonly onClear: () => void;
}

/** Where the photo lies, or may be dropped. */
export function SourcePicker({ source, onChoose, onClear }: PickerProps) {
  const shown = source !== undefined && source.state !== "failed";
  const take = (dropped: DataTransfer) => {
    const file = pictureIn(dropped);
    if (file !== undefined) onChoose(file);
  };
  return (
    <Easel label="Photo" empty={!shown} onDrop={take}>
      {shown ? (
        <figure className="canvas" aria-busy={source.state === "uploading"}>
          <Picture url={source.url} alt="The photo to edit" />
          <figcaption>
            {source.state === "ready" ? `${source.width} × ${source.height}` : <span role="status">Uploading …</span>}
            <button type="button" className="quiet" onClick={onClear}>
              Choose another
            </button>
          </figcaption>
        </figure>
      ) : (
        <div className="empty">
          {source?.state === "failed" && <Fault error={source.error} />}
          <ChooseFile kinds={["jpeg", "png", "webp"]} onChoose={onChoose}>
            Choose a photo
          </ChooseFile>
          <p className="hint">Drop it here or paste it. JPEG, PNG or WebP, up to 20 MB.</p>
          <SampleRow onChoose={onChoose} />
        </div>
      )}
    </Easel>
  );
}

function SampleRow({ onChoose }: Pick<PickerProps, "onChoose">) {
  const take = async (url: string) => onChoose(await (await fetch(url)).blob());
  return (
    <div className="samples">
      <span>or try</span>
      {samples.map(({ name, url }) => (
        <button key={name} type="button" onClick={() => void take(url)} aria-label={name} title={name}>
          <img src={url} alt="" />
        </button>
      ))}
    </div>
  );
}
