import {
  LineageDocument,
  type LineageQuery,
  ProvenanceDocument,
  type ProvenanceQuery,
  RerunEditDocument,
} from "../../../schema/generated/graphql.ts";
import { Fault } from "../fault.tsx";
import { Picture } from "../picture.tsx";
import { goTo } from "../route.ts";
import { useSession } from "../session.ts";
import { useDeed } from "../use-deed.ts";
import { credentialsWords } from "./credentials-words.ts";
import { useAnswer } from "./use-answer.ts";

type Provenance = NonNullable<ProvenanceQuery["provenance"]>;

/** Where a result comes from: its recipe, its credentials, its mark, and the edits before and after it. */
export function ProvenancePanel({ imageId }: { readonly imageId: string }) {
  const { answer, error, retry } = useAnswer(ProvenanceDocument, imageId);
  const { answer: family, error: unrelated, retry: retryFamily } = useAnswer(LineageDocument, imageId);
  const made = answer?.provenance;
  return (
    <details className="provenance">
      <summary>Where it comes from</summary>
      {error && <Fault error={error} onRetry={retry} />}
      {made && <Facts made={made} />}
      {made && <Rerun editId={made.edit.id} />}
      {family && family.lineage.length > 1 && <Lineage edits={family.lineage} shown={made?.edit.id} />}
      {unrelated && <Fault error={unrelated} onRetry={retryFamily} />}
    </details>
  );
}

function Facts({ made }: { readonly made: Provenance }) {
  const { credentials, watermark, rerun, fingerprint } = made;
  const { provider, precision, versions } = made.recipe as {
    provider: string;
    precision: string;
    versions: Record<string, string>;
  };
  const program = `Pentimento ${versions.pentimento}, on ${provider} in ${precision}`;
  return (
    <dl>
      <dt>Made by</dt>
      <dd>{program}</dd>
      <dt>Credentials</dt>
      <dd>{credentials ? credentialsWords(credentials) : "none"}</dd>
      <dt>Watermark</dt>
      <dd>{watermark ? <code>{watermark}</code> : "none: the picture is too small"}</dd>
      {fingerprint && <dt>Fingerprint</dt>}
      {fingerprint && (
        <dd>
          <code title={fingerprint.pdq}>{fingerprint.pdq.slice(0, 16)}…</code>
        </dd>
      )}
      <dt>Pixels</dt>
      <dd>
        <code title={made.pixelsDigest}>{made.pixelsDigest.slice(0, 16)}…</code>
      </dd>
      {rerun && <dt>Made again</dt>}
      {rerun && <dd>{rerunWords(rerun)}</dd>}
    </dl>
  );
}

function rerunWords({ identical, difference }: NonNullable<Provenance["rerun"]>): string {
  if (identical) return "identical, bit for bit";
  if (difference === null) return "not the same; the earlier file is gone";
  return `not the same: ${difference.psnr?.toFixed(1)} dB, at most ${difference.max} of 255 apart`;
}

function Rerun({ editId }: { readonly editId: string }) {
  const { api } = useSession();
  const { busy, error, run } = useDeed(async () => {
    const from = location.hash;
    const { rerunEdit } = await api.ask(RerunEditDocument, { id: editId });
    // Whoever has gone elsewhere meanwhile finds it in the list.
    if (location.hash === from) goTo(`#/edits/${rerunEdit.id}`);
  });
  return (
    <>
      <button type="button" className="quiet" disabled={busy} onClick={run}>
        Make it again and compare
      </button>
      {error && <Fault error={error} />}
    </>
  );
}

/** The edits as a path: what went in, the sentence, what came out. */
function Lineage({ edits, shown }: { readonly edits: LineageQuery["lineage"]; readonly shown: string | undefined }) {
  return (
    <ol className="lineage" aria-label="Lineage">
      {edits.map(({ id, prompt, sources, images }) => (
        <li key={id}>
          <a href={`#/edits/${id}`} aria-current={id === shown ? "true" : undefined}>
            <span>
              {sources.map((image) => (
                <Picture key={image.id} url={image.thumbnail} alt="Before" />
              ))}
            </span>
            <span aria-hidden="true">→</span>
            <span>
              {images.map((image) => (
                <Picture key={image.id} url={image.thumbnail} alt="After" />
              ))}
            </span>
            <q>{prompt}</q>
          </a>
        </li>
      ))}
    </ol>
  );
}
