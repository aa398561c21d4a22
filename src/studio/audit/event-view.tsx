import { type ReactNode, useEffect, useState } from "react";
import {
  AuditCheckpointDocument,
  type AuditFilterInput,
  AuditProofDocument,
  type AuditProofQuery,
} from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { categoryWords } from "../words.ts";
import { eventWords, exactly, subjectWords } from "./audit-words.ts";
import { checkProof, type Finding } from "./check-proof.ts";

type Proof = AuditProofQuery["auditProof"];

const findingWords: Readonly<Record<Finding, string>> = {
  holds: "Proven: this browser has followed the event to the signed checkpoint.",
  broken: "The proof does not hold. Run pentimento audit verify.",
  "cannot be checked here": "This browser cannot check the proof; pentimento audit verify --proof can.",
};

/** One event, and that it is in the log. */
export function EventView({
  id,
  onFilter,
}: {
  readonly id: string;
  readonly onFilter: (filter: AuditFilterInput) => void;
}) {
  const { proof, finding, error } = useProof(id);
  if (proof === undefined)
    return <div className="sheet">{error ? <Fault error={error} /> : "Proving the event …"}</div>;
  const { event, position } = proof;
  const only = (words: ReactNode, filter: AuditFilterInput) => (
    <button type="button" className="quiet" onClick={() => onFilter(filter)}>
      {words}
    </button>
  );
  return (
    <article className="sheet event">
      <header>
        <h2>{eventWords(event)}</h2>
        <p className="hint">
          <time dateTime={event.at}>{exactly(event.at)}</time> · event {position} of the log
        </p>
      </header>
      <dl>
        <dt>Who</dt>
        <dd>
          {event.actorName ?? event.actor} {only("all that they did", { actor: event.actor })}
        </dd>
        <dt>To</dt>
        <dd>
          {subjectWords[event.subjectKind] ?? event.subjectKind} <code>{event.subjectId}</code>{" "}
          {only("all about it", { subjectId: event.subjectId })}
        </dd>
        {event.accountId !== null && (
          <>
            <dt>Account</dt>
            <dd>
              {event.accountName ?? event.accountId} {only("all of the account", { accountId: event.accountId })}
            </dd>
          </>
        )}
        {event.category !== null && (
          <>
            <dt>Category</dt>
            <dd>{categoryWords[event.category]}</dd>
          </>
        )}
      </dl>
      <section>
        <h3>Details</h3>
        {event.erased ? (
          <p className="hint">Erased. What they said can no longer be known; that they said it still holds.</p>
        ) : (
          <pre>{JSON.stringify(event.details, null, 2)}</pre>
        )}
      </section>
      <ProofPanel proof={proof} finding={finding} />
    </article>
  );
}

function ProofPanel({ proof, finding }: { readonly proof: Proof; readonly finding: Finding | undefined }) {
  const { event } = proof;
  return (
    <section>
      <h3>Proof</h3>
      <p className="finding" role="status" data-finding={finding}>
        {finding === undefined ? "Checking …" : findingWords[finding]}
      </p>
      <details>
        <summary>{proof.hashes.length} hashes from the event to the root of the checkpoint</summary>
        <pre>
          {[`link    ${event.link}`, ...proof.hashes.map((hash, i) => `hash ${`${i}`.padEnd(3)}${hash}`)].join("\n")}
        </pre>
        <pre>{proof.checkpoint}</pre>
      </details>
      <a
        className="quiet"
        download={`proof-${proof.event.id}.json`}
        href={`data:application/json,${encodeURIComponent(proof.json)}`}
      >
        Download the proof
      </a>
    </section>
  );
}

/** Asks for an event with its proof, and checks it here. */
function useProof(id: string) {
  const { api } = useSession();
  const [proof, setProof] = useState<Proof>();
  const [finding, setFinding] = useState<Finding>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    let gone = false;
    const ask = async () => {
      const { auditProof } = await api.ask(AuditProofDocument, { eventId: id });
      if (gone) return;
      setProof(auditProof);
      const { auditCheckpoint } = await api.ask(AuditCheckpointDocument, {});
      const found = await checkProof(auditProof, auditCheckpoint.publicKey).catch(() => "broken" as const);
      if (!gone) setFinding(found);
    };
    ask().catch((why: ApiError) => gone || setError(why));
    return () => {
      gone = true;
    };
  }, [api, id]);
  return { proof, finding, error };
}
