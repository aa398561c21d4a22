import { useEffect, useRef, useState } from "react";
import { type ApiError, fileOfServer } from "../api.ts";
import { takeLostFocus } from "../arrival.tsx";
import { ChooseFile, Easel, photoKinds } from "../easel.tsx";
import { Fault } from "../fault.tsx";
import { Picture } from "../picture.tsx";
import { usePictureUrl } from "../picture-url.ts";
import cat from "../samples/cat.jpg";
import coffee from "../samples/coffee.jpg";
import { pictureIn, type Source } from "./source.ts";

const samples = [
  { name: "A cat", url: cat },
  { name: "A cup of coffee", url: coffee },
];

interface PickerProps {
  readonly source: Source;
  readonly onChoose: (file: Blob) => void;
  readonly onClear: () => void;
}

/** Where the photo lies, or may be dropped. */
export function SourcePicker({ source, onChoose, onClear }: PickerProps) {
  const [used, setUsed] = useState(false);
  const { photo, coming, error } = source;
  const url = usePictureUrl(coming ?? photo?.picture);
  const choose = (file: Blob) => {
    setUsed(true);
    onChoose(file);
  };
  const take = (dropped: DataTransfer) => {
    // One whose type the browser cannot tell may be a picture all the same.
    const file = pictureIn(dropped) ?? dropped.files[0];
    if (file !== undefined) onChoose(file);
  };
  return (
    <Easel label="Photo" empty={url === undefined} onDrop={take}>
      {error && <Fault error={error} />}
      {url !== undefined ? (
        <figure className="canvas" aria-busy={coming !== undefined}>
          <Picture url={url} alt="The photo to edit" />
          <figcaption>
            {photo && !coming ? `${photo.width} × ${photo.height}` : <span role="status">Uploading …</span>}
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
  const wanted = useRef<string>(undefined);
  useEffect(
    () => () => {
      wanted.current = undefined;
    },
    [],
  );
  const take = (url: string) => {
    setError(undefined);
    wanted.current = url;
    // Meanwhile something else may have been chosen.
    fileOfServer(url).then((file) => wanted.current === url && onChoose(file), setError);
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
