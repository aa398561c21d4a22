import { useState } from "react";
import { type ApiError, fileOfPage } from "../api.ts";
import { takeLostFocus } from "../arrival.tsx";
import { ChooseFile, Easel, photoKinds } from "../easel.tsx";
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
  const [used, setUsed] = useState(false);
  const shown = source !== undefined && source.state !== "failed";
  const choose = (file: Blob) => {
    setUsed(true);
    onChoose(file);
  };
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
            <button
              ref={used ? takeLostFocus : undefined}
              type="button"
              className="quiet"
              onClick={() => {
                setUsed(true);
                onClear();
              }}
            >
              Choose another
            </button>
          </figcaption>
        </figure>
      ) : (
        <div className="empty">
          {source?.state === "failed" && <Fault error={source.error} />}
          <ChooseFile kinds={photoKinds} replaces={used} onChoose={choose}>
            Choose a photo
          </ChooseFile>
          <p className="hint">Drop it here or paste it. JPEG, PNG or WebP, up to 20 MB.</p>
          <SampleRow onChoose={choose} />
        </div>
      )}
    </Easel>
  );
}

function SampleRow({ onChoose }: Pick<PickerProps, "onChoose">) {
  const [error, setError] = useState<ApiError>();
  const take = (url: string) => {
    setError(undefined);
    fileOfPage(url).then(onChoose, setError);
  };
  return (
    <>
      <div className="samples">
        <span>or try</span>
        {samples.map(({ name, url }) => (
          <button key={name} type="button" onClick={() => take(url)} aria-label={name} title={name}>
            <img src={url} alt="" />
          </button>
        ))}
      </div>
      {error && <Fault error={error} />}
    </>
  );
}
