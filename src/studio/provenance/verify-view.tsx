import { useRef, useState } from "react";
import { VerifyImageDocument, type VerifyImageQuery } from "../../../schema/generated/graphql.ts";
import { ApiError } from "../api.ts";
import { ChooseFile, Easel, verifiedKinds } from "../easel.tsx";
import { Fault } from "../fault.tsx";
import { Picture } from "../picture.tsx";
import { usePictureUrl } from "../picture-url.ts";
import { useSession } from "../session.ts";
import { credentialsWords } from "./credentials-words.ts";

type Found = VerifyImageQuery["verifyImage"];

interface Asked {
  readonly file: Blob;
  readonly found?: Found;
  readonly error?: ApiError;
}

/** What the API takes as a data URI; a larger file is uploaded. */
const dataUriBytesMax = 4 * 2 ** 20;

/** Any file: where does it come from? */
export function VerifyView() {
  const { api } = useSession();
  const [asked, setAsked] = useState<Asked>();
  const wanted = useRef<Blob>(undefined);
  const last = useRef<Promise<void>>(Promise.resolve());
  const url = usePictureUrl(asked?.file);
  const ask = async (file: Blob): Promise<Found> => {
    const large = file.size > dataUriBytesMax;
    const named = large ? { uploadId: await api.uploadFile(file) } : { dataUri: await dataUriOf(file) };
    return (await api.ask(VerifyImageDocument, named)).verifyImage;
  };
  const verify = (file: Blob) => {
    setAsked({ file });
    wanted.current = file;
    // Meanwhile another file may have been asked about.
    const settle = (settled: Omit<Asked, "file">) =>
      setAsked((now) => (now?.file === file ? { file, ...settled } : now));
    // The server looks at one file of an account at a time, and refuses another meanwhile.
    last.current = last.current.then(async () => {
      if (wanted.current !== file) return;
      await ask(file).then(
        (found) => settle({ found }),
        (error: ApiError) => settle({ error }),
      );
    });
  };
  return (
    <section className="bench" aria-label="Verify">
      <Easel
        label="Picture to verify"
        empty={asked === undefined}
        onDrop={({ files }) => {
          if (files[0] !== undefined) verify(files[0]);
        }}
      >
        {asked && (
          <figure className="canvas">
            <Picture url={url} alt="The picture to verify" />
          </figure>
        )}
        <div className={asked ? undefined : "empty"}>
          <ChooseFile kinds={verifiedKinds} onChoose={verify}>
            {asked ? "Verify another" : "Verify a picture"}
          </ChooseFile>
          <p className="hint">
            Drop the untouched file here, up to 20 MB. It is looked at and not kept; over 4 MB, for 20 minutes.
          </p>
        </div>
      </Easel>
      <div className="sheet" aria-live="polite">
        {asked === undefined && (
          <p>
            A picture can say where it comes from in three ways: by what it was signed with, by a mark in its pixels,
            and by its looks.
          </p>
        )}
        {asked?.error && <Fault error={asked.error} onRetry={() => verify(asked.file)} />}
        {asked && !asked.error && !asked.found && <p role="status">Looking …</p>}
        {asked?.found && <Verdict found={asked.found} />}
      </div>
    </section>
  );
}

function Verdict({ found }: { readonly found: Found }) {
  const { summary, credentials, watermark, nearest } = found;
  const near = nearest.filter(({ image }) => image.provenance);
  return (
    <>
      <p className="state">{summary}</p>
      <dl className="provenance">
        <dt>Credentials</dt>
        <dd>{credentials ? credentialsWords(credentials) : "not looked at"}</dd>
        {credentials?.manifest && <dt>Says</dt>}
        {credentials?.manifest && (
          <dd>
            {[credentials.manifest.generator, credentials.manifest.model, credentials.manifest.actions.join(", ")]
              .filter(Boolean)
              .join(" · ")}
          </dd>
        )}
        <dt>Watermark</dt>
        <dd>
          {watermark ? (
            <>
              <code>{watermark.payload}</code> ({Math.round(watermark.confidence * 100)} % of the evidence agrees)
            </>
          ) : (
            "none of this server's"
          )}
        </dd>
      </dl>
      <Pictures title="Leads to" images={watermark?.images ?? []} />
      <Pictures title="Looks like" images={near.map(({ image }) => image)} />
    </>
  );
}

function Pictures({
  title,
  images,
}: {
  readonly title: string;
  readonly images: NonNullable<Found["watermark"]>["images"];
}) {
  if (images.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul className="takes">
        {images.map((image) => (
          <li key={image.id}>
            <a href={`#/edits/${image.provenance?.edit.id}`}>
              <Picture url={image.thumbnail} alt={title} />
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Throws `ApiError` where the file has gone or may not be read. */
function dataUriOf(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new ApiError("IMAGE_UNREADABLE", "The browser cannot read the file."));
    reader.readAsDataURL(file);
  });
}
