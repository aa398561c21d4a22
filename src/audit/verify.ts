import { detailsAgree, isErased, type SealedEvent } from "../core/audit-event.ts";
import { firstLink, leafOf, nextLink } from "./chain.ts";
import { type Checkpoint, openCheckpoint, splitNotes } from "./checkpoint.ts";
import { CompactRange } from "./merkle.ts";
import type { NoteVerifier } from "./signed-note.ts";

/** A log to check: a copy of the database. */
export interface AuditSource {
  /** All events that have a position, ordered by it, a page at a time. A row that was tampered with may lack its hashes. */
  sealed(): AsyncIterable<readonly SealedRow[]>;
  /** Events without a position, at most about a second's worth. */
  unsealedCount(): Promise<number>;
}

type SealedRow = Omit<SealedEvent, "link" | "subtree"> & { readonly [Hash in "link" | "subtree"]: string | null };

export interface AuditReport {
  /** Whether nothing is wrong. */
  readonly whole: boolean;
  /** Events that have their place in the chain. */
  readonly sealed: number;
  /** Events too young to have one: nothing protects them yet. */
  readonly unsealed: number;
  /** Sealed events behind the newest checkpoint: changed one by one they are found, replaced together they are not. */
  readonly afterCheckpoint: number;
  /** Events whose details were erased. */
  readonly erased: number;
  readonly checkpoints: number;
  /** The first faults; `faultCount` is all. */
  readonly faults: readonly string[];
  readonly faultCount: number;
}

/** Faults told one by one; after a broken link every row may differ. */
const faultsShownMax = 20;

/**
 * Checks a log with what an attacker cannot make: checkpoints that were signed and kept elsewhere. Every event is digested,
 * chained and put into the tree again, and each checkpoint's root compared where its size is reached.
 *
 * @param files contents of the checkpoints file and of its copies
 */
export async function verifyAudit(
  source: AuditSource,
  files: readonly string[],
  verifier: NoteVerifier,
): Promise<AuditReport> {
  const faults: string[] = [];
  let faultCount = 0;
  const report = (fault: string) => {
    faultCount += 1;
    if (faults.length < faultsShownMax) faults.push(fault);
  };
  const { checkpoints, count } = readCheckpoints(files, verifier, report);
  const { sealed, erased } = await followChain(source, checkpoints, report);
  const covered = checkpoints.at(-1)?.size ?? 0;
  for (const { size } of checkpoints.filter((checkpoint) => checkpoint.size > sealed)) {
    report(`events are missing at the end: a checkpoint holds ${size}, the log ${sealed}`);
  }
  if (checkpoints.length === 0 && sealed > 0) report("there is no checkpoint: the whole log could have been replaced");
  return {
    whole: faultCount === 0,
    sealed,
    unsealed: await source.unsealedCount(),
    afterCheckpoint: Math.max(0, sealed - covered),
    erased,
    checkpoints: count,
    faults,
    faultCount,
  };
}

/** Checkpoints by size, those of one size once unless they disagree. */
function readCheckpoints(files: readonly string[], verifier: NoteVerifier, report: (fault: string) => void) {
  const found: Checkpoint[] = [];
  for (const file of files) {
    const { notes, rest } = splitNotes(file);
    if (rest !== "") report(`the checkpoints cannot be read after the first ${notes.length}`);
    let size = 0;
    for (const [index, note] of notes.entries()) {
      const checkpoint = openCheckpoint(note, verifier);
      if ("fault" in checkpoint) report(`checkpoint ${index + 1}: ${checkpoint.fault}`);
      else {
        if (checkpoint.size <= size) report(`checkpoint ${index + 1} is not larger than the one before it`);
        size = checkpoint.size;
        found.push(checkpoint);
      }
    }
  }
  found.sort((a, b) => a.size - b.size);
  const key = ({ size, root }: Checkpoint) => `${size} ${Buffer.from(root).toString("hex")}`;
  const checkpoints = [...new Map(found.map((checkpoint) => [key(checkpoint), checkpoint])).values()];
  return { checkpoints, count: checkpoints.length };
}

/**
 * Each event is checked against the link that the row before it holds, so that a changed row is named and not all that
 * follow; the tree is made of the links as they stand, and the checkpoints say whether they are the signed ones.
 */
async function followChain(source: AuditSource, checkpoints: readonly Checkpoint[], report: (fault: string) => void) {
  const tree = new CompactRange();
  let link = firstLink;
  let erased = 0;
  let next = 0;
  let position = 0;
  for await (const page of source.sealed()) {
    for (const event of page) {
      const wrong = (what: string) => report(`event ${event.id} at position ${event.position}: ${what}`);
      const subtree = Buffer.from(tree.append(leafOf(event.link ?? ""))).toString("hex");
      // Behind a gap every subtree differs, which would say nothing new.
      const shifted = event.position !== tree.size - 1;
      if (event.position !== position) wrong(`position ${position} should be here`);
      else if (event.link !== nextLink(link, event)) wrong("it was changed, or another event stood here or before it");
      else if (event.subtree !== subtree && !shifted) wrong("its subtree hash was changed");
      if (!detailsAgree(event)) wrong("its details are not those that were digested");
      if (isErased(event)) erased += 1;
      link = event.link ?? "";
      position = event.position + 1;
      for (; checkpoints[next]?.size === tree.size; next += 1) {
        if (Buffer.compare(checkpoints[next]!.root, tree.root()) === 0) continue;
        report(`the first ${tree.size} events are not those that a checkpoint signed`);
      }
    }
  }
  return { sealed: tree.size, erased };
}
