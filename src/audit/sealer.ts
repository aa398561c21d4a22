import type { AuditEvent } from "../core/audit-event.ts";
import { type Clock, every } from "../core/clock.ts";
import { Failed } from "../core/errors.ts";
import { inTurn } from "../core/in-turn.ts";
import { ChainEnd, firstLink, type Seal } from "./chain.ts";
import { openCheckpoint, signCheckpoint } from "./checkpoint.ts";
import type { CheckpointFile } from "./checkpoint-file.ts";
import { CompactRange, completeRanges } from "./merkle.ts";
import type { NoteSigner } from "./signed-note.ts";
import { type HashedRow, rangeRoot, rowsNeeded } from "./tree-rows.ts";

/** What sealing needs of the store. */
export interface SealingStore {
  /** Committed events that have no position yet, oldest first, at most `limit`. */
  unsealed(limit: number): Promise<readonly AuditEvent[]>;
  /** How many have one: the next position. */
  sealedCount(): Promise<number>;
  /** Link and subtree of the events at these positions. */
  hashedRows(positions: readonly number[]): Promise<ReadonlyMap<number, HashedRow>>;
  /** Writes all seals in one transaction, or none when one of the positions is taken or one of the events sealed. */
  seal(seals: readonly Seal[]): Promise<void>;
}

export interface SignedCheckpoint {
  /** A signed note. */
  readonly note: string;
  /** Events that it covers. */
  readonly size: number;
}

/** Events sealed in one transaction at most: it holds the database's one writer, and on SQLite the event loop, for some ms. */
export const sealBatchMax = 64;
/** How long an event waits for its seal. */
const sealEveryMs = 500;
/** How long a sealed event waits for a checkpoint: until then its removal could not be proven. */
const checkpointEveryMs = 60_000;

/**
 * Gives committed events their places in the chain, off the path of the requests that wrote them, and signs checkpoints.
 * The order is that of commit from batch to batch, and of time and id within one.
 */
export class Sealer {
  readonly #store: SealingStore;
  readonly #signer: NoteSigner;
  readonly #files: readonly CheckpointFile[];
  /** Unknown after a failure, until it is read again: the transaction may or may not have been made. */
  #end: ChainEnd | undefined;
  #newest: SignedCheckpoint | undefined;
  /** One thing at a time, in the order asked: two would each take the same positions. */
  readonly #inTurn = inTurn();

  private constructor(store: SealingStore, signer: NoteSigner, files: readonly CheckpointFile[]) {
    this.#store = store;
    this.#signer = signer;
    this.#files = files;
  }

  /**
   * `files`: the checkpoints file, then copies elsewhere.
   *
   * @throws Failed when the log does not continue what the newest checkpoint of any of the files says
   */
  static async open(store: SealingStore, signer: NoteSigner, files: readonly CheckpointFile[]): Promise<Sealer> {
    const sealer = new Sealer(store, signer, files);
    for (const file of files) await sealer.#checkContinues(file);
    return sealer;
  }

  /** The newest checkpoint that is in the files; undefined while there is none. */
  get newest(): SignedCheckpoint | undefined {
    return this.#newest;
  }

  /** Seals what is committed; returns how many events. */
  seal(): Promise<number> {
    return this.#inTurn(async () => {
      let sealed = 0;
      for (;;) {
        const events = await this.#store.unsealed(sealBatchMax);
        if (events.length === 0) return sealed;
        const end = (await this.#readEnd()).copy();
        this.#end = undefined;
        await this.#store.seal(events.map((event) => end.append(event)));
        this.#end = end;
        sealed += events.length;
        if (events.length < sealBatchMax) return sealed;
      }
    });
  }

  /**
   * Signs the log as it is now, when it has grown since the last time, and returns the newest checkpoint; undefined while
   * the log is empty.
   *
   * @throws Failed when one of the files cannot be written; the others are
   */
  checkpoint(): Promise<SignedCheckpoint | undefined> {
    return this.#inTurn(async () => {
      const end = await this.#readEnd();
      if (end.size === 0) return undefined;
      const note = signCheckpoint({ origin: this.#signer.name, size: end.size, root: end.root() }, this.#signer);
      const behind = this.#files.filter((file) => file.last !== note);
      const outcomes = await Promise.allSettled(behind.map((file) => file.append(note)));
      const lost = outcomes.flatMap((outcome, i) =>
        outcome.status === "rejected" ? [{ path: behind[i]!.path, cause: outcome.reason }] : [],
      );
      if (lost.length > 0) {
        const paths = lost.map(({ path }) => path).join(", ");
        const { cause } = lost[0]!;
        throw new Failed("INTERNAL", `no checkpoint could be written to ${paths}`, { retryable: true, cause });
      }
      this.#newest = { note, size: end.size };
      return this.#newest;
    });
  }

  /** Seals and signs from now on; its disposal does both a last time. Errors go to `onError`, and the next turn tries again. */
  start(clock: Clock, onError: (error: unknown) => void): AsyncDisposable {
    let checkpointDueAt = clock.now() + checkpointEveryMs;
    const turns = every(
      clock,
      sealEveryMs,
      async () => {
        await this.seal();
        if (clock.now() < checkpointDueAt) return;
        checkpointDueAt = clock.now() + checkpointEveryMs;
        await this.checkpoint();
      },
      onError,
    );
    return {
      [Symbol.asyncDispose]: async () => {
        await turns[Symbol.asyncDispose]();
        await this.seal();
        await this.checkpoint();
      },
    };
  }

  async #readEnd(): Promise<ChainEnd> {
    this.#end ??= await readEnd(this.#store, await this.#store.sealedCount());
    return this.#end;
  }

  async #checkContinues(file: CheckpointFile): Promise<void> {
    if (file.last === undefined) return;
    const fail = (what: string) =>
      new Failed(
        "INTERNAL",
        `${file.path}: ${what}. Run \`pentimento audit verify\`; to begin another log, move the file`,
        {
          retryable: false,
        },
      );
    const checkpoint = openCheckpoint(file.last, this.#signer);
    if ("fault" in checkpoint) throw fail(`the newest checkpoint was not made with this key: ${checkpoint.fault}`);
    const { size, root } = checkpoint;
    if ((await this.#readEnd()).size < size) throw fail(`the log has lost events that a checkpoint of ${size} holds`);
    const then = await readEnd(this.#store, size);
    if (Buffer.compare(then.root(), root) !== 0) throw fail(`the log is not the one whose ${size} events were signed`);
    if (size > (this.#newest?.size ?? 0)) this.#newest = { note: file.last, size };
  }
}

/** The end of the log's first `size` events, from the few rows that hold the roots of its complete subtrees. */
async function readEnd(store: SealingStore, size: number): Promise<ChainEnd> {
  if (size === 0) return new ChainEnd();
  const ranges = completeRanges({ from: 0, to: size });
  const rows = await store.hashedRows([...new Set([...ranges.flatMap(rowsNeeded), size - 1])]);
  return new ChainEnd(
    rows.get(size - 1)?.link ?? firstLink,
    new CompactRange(
      size,
      ranges.map((range) => rangeRoot(range, rows)),
    ),
  );
}
