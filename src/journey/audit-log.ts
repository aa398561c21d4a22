import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CheckpointFile } from "../audit/checkpoint-file.ts";
import { logFiles, logName } from "../audit/log-files.ts";
import { type EventProof, proveConsistency, proveEvent } from "../audit/prove.ts";
import { Sealer, type SealingStore, type SignedCheckpoint } from "../audit/sealer.ts";
import { formatVerifier, noteSigner } from "../audit/signed-note.ts";
import type { SealedEvent } from "../core/audit-event.ts";
import type { Clock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { writeWhole } from "../core/write-whole.ts";
import { countSealed, findAuditEvent, hashedRows, sealEvents, unsealedEvents } from "../store/audit-log.ts";
import type { Database } from "../store/database.ts";

export interface AuditLogOptions {
  readonly db: Database;
  /** Holds the checkpoints and the public key; made when missing. */
  readonly folder: string;
  /** A second file for checkpoints, best on another disk. */
  readonly sink?: string;
  /** Of the key that signs checkpoints, 32 bytes. */
  readonly seed: Uint8Array;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** The audit log of a running server: what is written to it is sealed, and signed as a whole every minute. */
export class AuditLog implements AsyncDisposable {
  /** For `pentimento audit verify`, from anywhere but this server. */
  readonly publicKey: string;
  readonly #db: Database;
  readonly #sealer: Sealer;
  readonly #files: readonly CheckpointFile[];
  readonly #running: AsyncDisposable;

  private constructor(
    db: Database,
    sealer: Sealer,
    files: readonly CheckpointFile[],
    publicKey: string,
    options: AuditLogOptions,
  ) {
    this.#db = db;
    this.#sealer = sealer;
    this.#files = files;
    this.publicKey = publicKey;
    this.#running = sealer.start(options.clock, options.onError);
  }

  /** @throws Failed when the log is not the one that was signed last, or a file cannot be written */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { db, folder, sink, seed } = options;
    const signer = noteSigner(logName, seed);
    const publicKey = formatVerifier(signer);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const files: CheckpointFile[] = [];
    try {
      for (const path of [join(folder, logFiles.checkpoints), ...(sink === undefined ? [] : [sink])]) {
        files.push(await CheckpointFile.open(path));
      }
      const sealer = await Sealer.open(sealingStore(db), signer, files);
      // Not before: where this key is another than that of the checkpoints, theirs is needed to verify them.
      await writeWhole(join(folder, logFiles.publicKey), `${publicKey}\n`);
      return new AuditLog(db, sealer, files, publicKey, options);
    } catch (error) {
      for (const file of files) await file.close();
      throw error;
    }
  }

  /**
   * Proves that an event is in the log, against a checkpoint that is made now when the newest is older than the event.
   *
   * @throws Refused NOT_FOUND when there is no such event
   */
  async prove(eventId: string): Promise<EventProof> {
    if ((await findAuditEvent(this.#db, eventId))?.position === null) await this.#sealer.seal();
    const event = await findAuditEvent(this.#db, eventId);
    const checkpoint = event === null ? undefined : await this.#covering(event.position);
    if (event === null || checkpoint === undefined) {
      throw new Refused("NOT_FOUND", `there is no audit event "${eventId.slice(0, 40)}"`);
    }
    return proveEvent(sealingStore(this.#db), event as SealedEvent, checkpoint);
  }

  /**
   * The hashes which show that the log of `newer` events begins with that of `older`.
   *
   * @throws Refused BAD_INPUT where there are no such two logs
   */
  async proveConsistency(older: number, newer: number): Promise<string[]> {
    const size = await countSealed(this.#db);
    if (older >= 1 && older <= newer && newer <= size) return proveConsistency(sealingStore(this.#db), older, newer);
    throw new Refused("BAD_INPUT", `expected 1 ≤ older ≤ newer ≤ ${size} events, received ${older} and ${newer}`);
  }

  /** The newest checkpoint, one being made when there is none yet; undefined while nothing was written. */
  async newest(): Promise<SignedCheckpoint | undefined> {
    return this.#sealer.newest ?? this.#sealer.checkpoint();
  }

  /** When a checkpoint was last written; undefined while there is none. */
  async signedAt(): Promise<Date | undefined> {
    if (this.#sealer.newest === undefined) return undefined;
    return (await stat(this.#files[0]!.path)).mtime;
  }

  /** A checkpoint over the event at a position; undefined where it cannot be sealed just now. */
  async #covering(position: number | null): Promise<SignedCheckpoint | undefined> {
    if (position === null) return undefined;
    const { newest } = this.#sealer;
    return newest !== undefined && newest.size > position ? newest : this.#sealer.checkpoint();
  }

  /** Seals and signs what is there. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
    for (const file of this.#files) await file.close();
  }
}

/** The store's functions as sealing and proving ask for them. */
function sealingStore(db: Database): SealingStore {
  return {
    unsealed: (limit) => unsealedEvents(db, limit),
    sealedCount: () => countSealed(db),
    hashedRows: (positions) => hashedRows(db, positions),
    seal: (seals) => sealEvents(db, seals),
  };
}
