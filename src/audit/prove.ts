import { type AuditEvent, detailsAgree, type SealedEvent } from "../core/audit-event.ts";
import { firstLink, leafOf, nextLink } from "./chain.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { consistencyRanges, inclusionRanges, type Range, verifyConsistency, verifyInclusion } from "./merkle.ts";
import type { SignedCheckpoint } from "./sealer.ts";
import type { NoteVerifier } from "./signed-note.ts";
import { type HashedRow, rangeRoot, rowsNeeded } from "./tree-rows.ts";

/** What proving needs of the store. */
export interface HashedRows {
  /** Link and subtree of the events at these positions. */
  hashedRows(positions: readonly number[]): Promise<ReadonlyMap<number, HashedRow>>;
}

/** That an event is in the log that a checkpoint signs, and where: checked with the log's public key and nothing else. */
export interface EventProof {
  readonly event: AuditEvent;
  readonly position: number;
  /** The link before the event, in hex. */
  readonly previousLink: string;
  /** Sibling hashes from the leaf to the root, in hex. */
  readonly hashes: readonly string[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** Proves an event against a checkpoint of `size` events that covers it. */
export async function proveEvent(
  log: HashedRows,
  { link: _link, subtree: _subtree, position, ...event }: SealedEvent,
  checkpoint: SignedCheckpoint,
): Promise<EventProof> {
  const ranges = inclusionRanges(position, checkpoint.size);
  const rows = await log.hashedRows(positionsOf(ranges, position > 0 ? [position - 1] : []));
  return {
    event,
    position,
    previousLink: position === 0 ? firstLink : rows.get(position - 1)!.link,
    hashes: ranges.map((range) => Buffer.from(rangeRoot(range, rows)).toString("hex")),
    checkpoint: checkpoint.note,
  };
}

/** What is wrong with a proof; undefined when it holds. */
export function faultOfProof(proof: EventProof, verifier: NoteVerifier): string | undefined {
  const checkpoint = openCheckpoint(proof.checkpoint, verifier);
  if ("fault" in checkpoint) return `the checkpoint: ${checkpoint.fault}`;
  if (!detailsAgree(proof.event)) return "the details are not those that were digested";
  const hashes = proof.hashes.map((hash) => Buffer.from(hash, "hex"));
  const leaf = leafOf(nextLink(proof.previousLink, proof.event));
  return verifyInclusion(proof.position, checkpoint.size, leaf, hashes, checkpoint.root)
    ? undefined
    : "the hashes do not lead from the event to the checkpoint's root";
}

/** The hashes, in hex, which show that the log of `size` events begins with that of `oldSize`; both at least 1. */
export async function proveConsistency(log: HashedRows, oldSize: number, size: number): Promise<string[]> {
  const ranges = consistencyRanges(oldSize, size);
  const rows = await log.hashedRows(positionsOf(ranges));
  return ranges.map((range) => Buffer.from(rangeRoot(range, rows)).toString("hex"));
}

/** That the log of one checkpoint begins with that of another: checked with the log's public key and nothing else. */
export interface ConsistencyProof {
  /** Signed notes. */
  readonly older: string;
  readonly newer: string;
  /** As `proveConsistency` gives them, in hex. */
  readonly hashes: readonly string[];
}

/** What is wrong with a proof; undefined when it holds. */
export function faultOfConsistency(proof: ConsistencyProof, verifier: NoteVerifier): string | undefined {
  const older = openCheckpoint(proof.older, verifier);
  if ("fault" in older) return `the older checkpoint: ${older.fault}`;
  const newer = openCheckpoint(proof.newer, verifier);
  if ("fault" in newer) return `the newer checkpoint: ${newer.fault}`;
  const hashes = proof.hashes.map((hash) => Buffer.from(hash, "hex"));
  return verifyConsistency(older.size, newer.size, hashes, older.root, newer.root)
    ? undefined
    : "the hashes do not lead from the older checkpoint's root to the newer's";
}

function positionsOf(ranges: readonly Range[], more: readonly number[] = []): number[] {
  return [...new Set([...ranges.flatMap(rowsNeeded), ...more])];
}
