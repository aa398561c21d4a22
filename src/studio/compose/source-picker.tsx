import { useState } from "react";
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
  const [over, setOver] = useState(false);
  const shown = source !== undefined && source.state !== "failed";
  return (
    <section
      className="easel"
      data-over={over}
      data-empty={!shown}
      aria-label="Photo"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = pictureIn(event.dataTransfer);
        if (file !== undefined) onChoose(file);
      }}
    >
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
          <ChooseFile onChoose={onChoose} />
          <p className="hint">Drop it here or paste it. JPEG, PNG or WebP, up to 20 MB.</p>
          <SampleRow onChoose={onChoose} />
        </div>
      )}
    </section>
  );
}

function ChooseFile({ onChoose }: Pick<PickerProps, "onChoose">) {
  return (
    <label className="choose">
      <input
        type="file"
        accept="image/jpeg,image/png,image/webp"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) onChoose(file);
        }}
      />
      <span>Choose a photo</span>
    </label>
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
