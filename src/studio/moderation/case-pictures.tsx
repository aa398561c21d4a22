import { useEffect, useState } from "react";
import { CaseContentDocument, type CaseContentQuery } from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { useFocusAfter } from "../arrival.tsx";
import { Fault } from "../fault.tsx";
import { Picture } from "../picture.tsx";
import { useSession } from "../session.ts";
import { UnblockForm } from "./unblock-form.tsx";

type Content = CaseContentQuery["moderationCase"]["content"];

const kindWords: Readonly<Record<string, string>> = {
  SOURCE: "Source",
  MASK: "Mask",
  OUTPUT: "Result",
  HELD: "Held result",
};

/** Pictures of a case, blurred by the server until they are asked for as they are. */
export function CasePictures({ id }: { readonly id: string }) {
  const { api } = useSession();
  const [blurred, setBlurred] = useState(true);
  const [content, setContent] = useState<Content>();
  const [error, setError] = useState<ApiError>();
  const [attempt, setAttempt] = useState(0);
  const [unblocked, setUnblocked] = useState(0);
  useFocusAfter(unblocked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks anew
  useEffect(() => {
    let gone = false;
    setError(undefined);
    api.ask(CaseContentDocument, { id, blurred }).then(
      ({ moderationCase }) => gone || setContent(moderationCase.content),
      (why: ApiError) => gone || setError(why),
    );
    return () => {
      gone = true;
    };
  }, [api, id, blurred, attempt]);
  const turn = () => {
    // What is shown goes at once: pictures must not stand as they are until, or unless, the blurred ones come.
    setContent(undefined);
    setBlurred(!blurred);
  };
  const markUnblocked = (imageId: string) => {
    setContent((before) => before?.map((one) => (one.imageId === imageId ? { ...one, blocked: false } : one)));
    setUnblocked((before) => before + 1);
  };
  if (content?.length === 0) return null;
  return (
    <section aria-label="Pictures">
      {error && <Fault error={error} onRetry={() => setAttempt(attempt + 1)} />}
      <div className="evidence" data-blurred={blurred}>
        {content === undefined && !error && <p role="status">Opening the pictures …</p>}
        {content?.map(({ imageId, kind, blocked, url }) => (
          <figure key={imageId}>
            <Picture url={url} alt={`${kindWords[kind] ?? kind}${blurred ? ", blurred" : ""}`} />
            <figcaption>{kindWords[kind] ?? kind}</figcaption>
            {blocked && <UnblockForm imageId={imageId} onDone={() => markUnblocked(imageId)} />}
          </figure>
        ))}
      </div>
      <button type="button" onClick={turn}>
        {blurred ? "Show as they are" : "Blur"}
      </button>
    </section>
  );
}
