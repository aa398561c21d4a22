import { type ReactNode, useEffect, useState } from "react";
import {
  AuditCheckpointDocument,
  type AuditEventPartsFragment,
  type AuditFilterInput,
  AuditProofDocument,
  type Category,
} from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { categoryWords } from "../words.ts";
import { eventWords, exactly, kindNamed, subjectWords } from "./audit-words.ts";
import { checkProof, type Finding, isUntold, type Proof } from "./check-proof.ts";

const findingWords: Readonly<Record<Finding, string>> = {
  holds: "Proven: this browser has followed the event, with its details, to the signed checkpoint.",
  "holds without details":
    "Proven, but for its details: this browser has followed the event to the signed checkpoint. The details are not told, so they were not checked.",
  broken: "The proof does not hold. Run npx pentimento audit verify.",
  "cannot be checked here": "This browser cannot check the proof; npx pentimento audit verify --proof can.",
};

/** One event, and that it is in the log. */
export function EventView({
  id,
  onFilter,
}: {
  readonly id: string;
  readonly onFilter: (filter: AuditFilterInput) => void;
}) {
  const { asked, finding, error, retry } = useProof(id);
  if (asked === undefined)
    return <div className="sheet">{error ? <Fault error={error} onRetry={retry} /> : "Proving the event …"}</div>;
  const { json, proof, names } = asked;
  const { event, position } = proof;
  const only = (words: ReactNode, filter: AuditFilterInput) => (
    <button type="button" className="quiet" onClick={() => onFilter(filter)}>
      {words}
    </button>
  );
  return (
    <article className="sheet event">
      <header>
        <h2>{eventWords({ kind: kindNamed(event.kind), details: event.details })}</h2>
        <p className="hint">
          <time dateTime={event.at}>{exactly(event.at)}</time> · event {position} of the log
        </p>
      </header>
      <dl>
        <dt>Who</dt>
        <dd>
          {names.actorName} <code>{event.actor}</code> {only("all that they did", { actor: event.actor })}
        </dd>
        <dt>Done to</dt>
        <dd>
          {subjectWords[event.subjectKind] ?? event.subjectKind} <code>{event.subjectId}</code>{" "}
          {only("all about it", { subjectId: event.subjectId })}
        </dd>
        {event.accountId !== null && (
          <>
            <dt>Account</dt>
            <dd>
              {names.accountName} <code>{event.accountId}</code>{" "}
              {only("all of the account", { accountId: event.accountId })}
            </dd>
          </>
        )}
        {event.category !== null && (
          <>
            <dt>Category</dt>
            <dd>{categoryWords[event.category as Category] ?? event.category}</dd>
          </>
        )}
      </dl>
      <section>
        <h3>Details</h3>
        {isUntold(event) ? (
          <p className="hint">
            {names.erased
              ? "Erased. What they said can no longer be known; that they said it still holds."
              : "Not told to this account; auditors see them."}
          </p>
        ) : (
          <pre>{JSON.stringify(event.details, null, 2)}</pre>
        )}
      </section>
      {error ? <Fault error={error} onRetry={retry} /> : <ProofPanel proof={proof} json={json} finding={finding} />}
    </article>
  );
}

function ProofPanel({
  proof,
  json,
  finding,
}: {
  readonly proof: Proof;
  readonly json: string;
  readonly finding: Finding | undefined;
}) {
  return (
    <section>
      <h3>Proof</h3>
      <p className="finding" role="status" data-finding={finding}>
        {finding === undefined ? "Checking …" : findingWords[finding]}
      </p>
      <details>
        <summary>{proof.hashes.length} hashes from the event to the root of the checkpoint</summary>
        <pre>
          {[`before  ${proof.previousLink}`, ...proof.hashes.map((hash, i) => `hash ${`${i}`.padEnd(3)}${hash}`)].join(
            "\n",
          )}
        </pre>
        <pre>{proof.checkpoint}</pre>
      </details>
      <a
        className="quiet"
        download={`proof-${proof.event.id}.json`}
        href={`data:application/json,${encodeURIComponent(json)}`}
      >
        Download the proof
      </a>
    </section>
  );
}

interface Asked {
  readonly json: string;
  /** What `json` says: shown and checked are one. */
  readonly proof: Proof;
  /** What the log does not hold, and nothing proves: how accounts are called now, why details are not told. */
  readonly names: Pick<AuditEventPartsFragment, "actorName" | "accountName" | "erased">;
}

/** Asks for an event with its proof, and checks it here. */
function useProof(id: string) {
  const { api } = useSession();
  const [asked, setAsked] = useState<Asked>();
  const [finding, setFinding] = useState<Finding>();
  const [error, setError] = useState<ApiError>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks anew
  useEffect(() => {
    let gone = false;
    setError(undefined);
    const ask = async () => {
      const { auditProof } = await api.ask(AuditProofDocument, { eventId: id });
      if (gone) return;
      const { json, event: names } = auditProof;
      const proof = JSON.parse(json) as Proof;
      setAsked({ json, proof, names });
      const { auditCheckpoint } = await api.ask(AuditCheckpointDocument, {});
      const found = await checkProof(id, proof, auditCheckpoint.publicKey).catch(() => "broken" as const);
      if (!gone) setFinding(found);
    };
    ask().catch((why: ApiError) => gone || setError(why));
    return () => {
      gone = true;
    };
  }, [api, id, attempt]);
  return { asked, finding, error, retry: () => setAttempt((before) => before + 1) };
}
