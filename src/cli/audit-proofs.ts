import { z } from "zod";
import {
  type ConsistencyProof,
  type EventProof,
  faultOfConsistency,
  faultOfProof,
  proveConsistency,
  proveEvent,
} from "../audit/prove.ts";
import type { SignedCheckpoint } from "../audit/sealer.ts";
import type { NoteVerifier } from "../audit/signed-note.ts";
import type { SealedEvent } from "../core/audit-event.ts";
import { Refused } from "../core/errors.ts";
import { findAuditEvent, hashedRows } from "../store/audit-log.ts";
import {
  lookInto,
  readCheckpointFiles,
  readText,
  readVerifier,
  type Sources,
  signedCheckpoints,
} from "./audit-sources.ts";
import { exitCodes } from "./errors.ts";

const eventProof = z.object({
  event: z.object({
    id: z.string(),
    at: z.iso.datetime().transform((text) => new Date(text)),
    actor: z.string(),
    kind: z.string(),
    subjectKind: z.string(),
    subjectId: z.string(),
    accountId: z.string().nullable(),
    category: z.string().nullable(),
    details: z.unknown(),
    salt: z.string(),
    detailsDigest: z.string(),
  }),
  position: z.int().min(0),
  previousLink: z.string(),
  hashes: z.array(z.string()),
  checkpoint: z.string(),
});

const consistencyProof = z.object({ older: z.string(), newer: z.string(), hashes: z.array(z.string()) });

/** Checks what `prove` or `consistency` has written, with the log's public key and nothing else. */
export async function verifyProof(file: string, verifier: NoteVerifier): Promise<void> {
  const proof = parseProof(file, await readText(file, "a proof"));
  const fault = "event" in proof ? faultOfProof(proof, verifier) : faultOfConsistency(proof, verifier);
  if (fault !== undefined) {
    console.log(`the proof does not hold: ${fault}`);
    process.exitCode = exitCodes.failed;
  } else if ("event" in proof) {
    const { event, position } = proof;
    console.log(`event ${event.id} is event ${position} of the log: ${event.kind}, ${event.at.toISOString()}`);
  } else {
    const [older, newer] = [sizeOf(proof.older), sizeOf(proof.newer)];
    console.log(`the log of ${newer} events begins with the log of ${older}: none of those was changed or removed`);
  }
}

function parseProof(file: string, text: string): EventProof | ConsistencyProof {
  try {
    return z.union([eventProof, consistencyProof]).parse(JSON.parse(text)) as EventProof | ConsistencyProof;
  } catch {
    throw new Refused("BAD_INPUT", `${file}: expected what \`pentimento audit prove\` or \`audit consistency\` writes`);
  }
}

/** Of a checkpoint that was found to be one. */
function sizeOf(note: string): string {
  return note.split("\n")[1]!;
}

/** Writes the proof that an event is in the log. */
export async function writeInclusion(eventId: string, sources: Sources): Promise<void> {
  const verifier = await readVerifier(sources.key);
  const checkpoints = signedCheckpoints(await readCheckpointFiles(sources), verifier);
  await lookInto(sources.database, async (db) => {
    const event = await findAuditEvent(db, eventId);
    if (event === null) throw new Refused("NOT_FOUND", `there is no audit event "${eventId}"`);
    const newest = checkpoints.at(-1);
    if (newest === undefined || newest.size <= (event.position ?? Number.POSITIVE_INFINITY)) {
      throw new Refused(
        "NOT_FOUND",
        "no checkpoint covers the event yet: one is made every minute while the server runs",
      );
    }
    const proof = await proveEvent({ hashedRows: (at) => hashedRows(db, at) }, event as SealedEvent, newest);
    print(proof, faultOfProof(proof, verifier));
  });
}

interface Pair extends Sources {
  readonly older?: number;
  readonly newer?: number;
}

/** Writes the proof that the log of one checkpoint begins with that of another. */
export async function writeConsistency({ older: from, newer: to, ...sources }: Pair): Promise<void> {
  const verifier = await readVerifier(sources.key);
  const checkpoints = signedCheckpoints(await readCheckpointFiles(sources), verifier);
  const [older, newer] = [ofSize(checkpoints, from, 0), ofSize(checkpoints, to, -1)];
  if (older.size >= newer.size) {
    throw new Refused(
      "BAD_INPUT",
      `the checkpoints hold ${older.size} and ${newer.size} events: the older must hold fewer than the newer`,
    );
  }
  await lookInto(sources.database, async (db) => {
    const hashes = await proveConsistency({ hashedRows: (at) => hashedRows(db, at) }, older.size, newer.size);
    const proof: ConsistencyProof = { older: older.note, newer: newer.note, hashes };
    print(proof, faultOfConsistency(proof, verifier));
  });
}

/** The checkpoint over so many events, or the one at a place. Two that disagree show a log that was forked. */
function ofSize(checkpoints: readonly SignedCheckpoint[], size: number | undefined, place: number): SignedCheckpoint {
  const first = size === undefined ? checkpoints.at(place) : checkpoints.find((one) => one.size === size);
  if (first === undefined) {
    const sizes = [...new Set(checkpoints.map((one) => one.size))];
    if (sizes.length === 0) throw new Refused("NOT_FOUND", "there is no checkpoint that the key has signed");
    throw new Refused(
      "NOT_FOUND",
      `there is no checkpoint of ${size} events that the key has signed; it has signed: ${sizes.length}, of ` +
        `${sizes[0]} to ${sizes.at(-1)} events`,
    );
  }
  const text = ({ note }: SignedCheckpoint) => note.slice(0, note.indexOf("\n\n"));
  if (checkpoints.some((one) => one.size === first.size && text(one) !== text(first))) {
    throw new Refused(
      "BAD_INPUT",
      `two checkpoints of ${first.size} events have different roots: whoever signed them showed two logs`,
    );
  }
  return first;
}

function print(proof: object, fault: string | undefined): void {
  if (fault !== undefined) throw new Refused("BAD_INPUT", `the log cannot prove it: ${fault}; run audit verify`);
  console.log(JSON.stringify(proof, null, 2));
}
