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
  /** Those of them by which details were erased. */
  unsealedErasures(): Promise<readonly Erasure[]>;
}

/** That what the log said of an account until then was erased. */
type Erasure = Pick<SealedRow, "accountId" | "at">;

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
  const erasures = new Erasures();
  const sealed = await followChain(source, checkpoints, erasures, report);
  for (const erasure of await source.unsealedErasures()) erasures.allow(erasure);
  for (const { id, position } of erasures.unexplained())
    report(`event ${id} at position ${position}: its details were erased, and no erasure since is on record`);
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
    erased: erasures.count,
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
async function followChain(
  source: AuditSource,
  checkpoints: readonly Checkpoint[],
  erasures: Erasures,
  report: (fault: string) => void,
): Promise<number> {
  const tree = new CompactRange();
  let link = firstLink;
  let next = 0;
  let position = 0;
  for await (const page of source.sealed()) {
    for (const event of page) {
      const wrong = (what: string) => report(`event ${event.id} at position ${event.position}: ${what}`);
      if (event.position < 0) {
        wrong("no event can stand here");
        continue;
      }
      const subtree = Buffer.from(tree.append(leafOf(event.link ?? ""))).toString("hex");
      // Behind a gap every subtree differs, which would say nothing new.
      const shifted = event.position !== tree.size - 1;
      if (event.position !== position) wrong(`position ${position} should be here`);
      else if (event.link !== nextLink(link, event)) wrong("it was changed, or another event stood here or before it");
      else if (event.subtree !== subtree && !shifted) wrong("its subtree hash was changed");
      if (!detailsAgree(event)) wrong("its details are not those that were digested");
      if (!erasures.take(event)) wrong("its details were erased, and of such an event they never are");
      link = event.link ?? "";
      position = event.position + 1;
      for (; checkpoints[next]?.size === tree.size; next += 1) {
        if (Buffer.compare(checkpoints[next]!.root, tree.root()) === 0) continue;
        report(`the first ${tree.size} events are not those that a checkpoint signed`);
      }
    }
  }
  return tree.size;
}

/**
 * Which details were erased, and whether that is on record: all at once of an account, by an event of the log. Times are
 * compared and not places, for events that are sealed together stand in no order of commit; nobody can change either.
 */
class Erasures {
  /** Events without details. */
  count = 0;
  /** Of each account: its last event that was erased, and the time up to which erasing is on record. */
  readonly #last = new Map<string, SealedRow>();
  readonly #allowed = new Map<string, Date>();

  /** Returns false for an event that was erased although its kind never is, or it is of no account. */
  take(event: SealedRow): boolean {
    const { accountId, kind, at } = event;
    if (kind === "audit.erased") this.allow(event);
    if (!isErased(event)) return true;
    this.count += 1;
    if (accountId === null || kind.startsWith("incident.")) return false;
    const last = this.#last.get(accountId);
    if (last === undefined || last.at < at) this.#last.set(accountId, event);
    return true;
  }

  allow({ accountId, at }: Erasure): void {
    if (accountId === null) return;
    const until = this.#allowed.get(accountId);
    if (until === undefined || until < at) this.#allowed.set(accountId, at);
  }

  /** The last erased event of each account that no erasure explains. */
  unexplained(): SealedRow[] {
    return [...this.#last].flatMap(([accountId, event]) => {
      const until = this.#allowed.get(accountId);
      return until === undefined || until < event.at ? [event] : [];
    });
  }
}
