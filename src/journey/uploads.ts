import { type Clock, hourMs } from "../core/clock.ts";
import { type ErrorCode, Refused } from "../core/errors.ts";
import { isId } from "../core/id.ts";
import type { Size } from "../core/image.ts";
import { Originals } from "../delivery/originals.ts";
import { readWhole, type Storage } from "../delivery/storage.ts";
import { sniff } from "../intake/sniff.ts";
import type { Database } from "../store/database.ts";
import {
  claimUpload,
  deleteEnded,
  deleteUploads,
  endedVerifications,
  findUpload,
  isUploadDigest,
  markReady,
  markRejected,
  markVerifiable,
  reopenUpload,
  reopenUploads,
  type Upload,
  verifiableBytes,
} from "../store/uploads.ts";
import type { Gallery } from "./gallery.ts";

export interface UploadsOptions {
  readonly db: Database;
  readonly gallery: Gallery;
  /** Where files that are to be verified lie for a while, as they came; nothing else does. */
  readonly files: Storage;
  readonly clock: Clock;
}

/** What became of an upload: a picture of its account, or a file that can be verified. */
export type Received = (Size & { readonly imageId: string }) | { readonly uploadId: string; readonly sha256: string };

/** After the end of its URL an upload that became a picture can be asked after for so long. */
const keptMs = hourMs;

/** Of an account's files that are to be verified, together: they go by themselves, and the rest of its room is not theirs. */
const filesBytesMax = 200 * 2 ** 20;

/** Between `createUpload` and the picture: bytes on their way in. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #files: Originals;

  private constructor(options: UploadsOptions) {
    this.#options = options;
    this.#files = new Originals(options.files, (digest) => isUploadDigest(options.db, digest, options.clock.date()));
  }

  /** Uploads whose receiver crashed wait again. To be opened before any is received. */
  static async open(options: UploadsOptions): Promise<Uploads> {
    await reopenUploads(options.db);
    const uploads = new Uploads(options);
    await uploads.#files.removeUnfinished();
    await uploads.forget();
    return uploads;
  }

  /** An upload that waits for its bytes. Throws `Refused` NOT_FOUND or UPLOAD_EXPIRED. */
  async awaited(uploadId: string, accountId: string): Promise<{ byteLength: number; sha256?: string }> {
    const upload = await this.#find(accountId, uploadId);
    if (upload.state !== "WAITING") throw new Refused("UPLOAD_EXPIRED", "the bytes of this upload have come already");
    if (this.#isOver(upload)) throw expired();
    const { byteLength, sha256 } = upload;
    return { byteLength, ...(sha256 !== null && { sha256 }) };
  }

  /**
   * The bytes of an upload: what they became, or a refusal that is written down with the upload. After a fault of ours it
   * waits again.
   */
  async receive(uploadId: string, bytes: Uint8Array): Promise<Received> {
    const { db, clock } = this.#options;
    const upload = await claimUpload(db, uploadId, clock.date());
    if (upload === undefined) throw expired();
    try {
      return await (upload.kind === "VERIFY" ? this.#keepFile(upload, bytes) : this.#makePicture(upload, bytes));
    } catch (error) {
      // Nothing is wrong with what came when there is no room for it: it may come again.
      const marking =
        error instanceof Refused && error.code !== "QUOTA_EXCEEDED"
          ? markRejected(db, uploadId, error.code, error.message, clock.date())
          : reopenUpload(db, uploadId);
      // The first error is the one to tell; what stays RECEIVING waits again after the next start.
      await marking.catch(() => {});
      throw error;
    }
  }

  /**
   * The picture that an upload became. Throws `Refused` NOT_FOUND, BAD_INPUT where there is none (yet), UPLOAD_EXPIRED where
   * none can come any more, or why what came was refused.
   */
  async imageOf(accountId: string, uploadId: string): Promise<string> {
    const upload = await this.#find(accountId, uploadId);
    if (upload.imageId !== null) return upload.imageId;
    if (upload.kind === "VERIFY")
      throw new Refused("BAD_INPUT", `upload ${uploadId} is a VERIFY and no picture; upload it with kind SOURCE`);
    throw this.#notThere(upload);
  }

  /**
   * The file that was sent to be verified, as it came. Throws `Refused` NOT_FOUND, UPLOAD_EXPIRED, or BAD_INPUT where
   * its bytes are not there (yet) or were kept as a picture, which has no history of its own.
   */
  async fileOf(accountId: string, uploadId: string): Promise<Uint8Array> {
    const upload = await this.#find(accountId, uploadId);
    if (upload.kind !== "VERIFY")
      throw new Refused(
        "BAD_INPUT",
        `upload ${uploadId} is a ${upload.kind}, of which the file is not kept as it came; upload it with kind VERIFY`,
      );
    if (this.#isOver(upload)) throw expired();
    if (upload.state !== "READY") throw this.#notThere(upload);
    const bytes = await readWhole(this.#options.files, upload.sha256!);
    if (bytes === undefined) throw expired();
    return bytes;
  }

  /** Forgets uploads whose time is over, and the files that were to be verified: these first, for only rows lead to them. */
  async forget(): Promise<void> {
    const { db, clock } = this.#options;
    const now = clock.date();
    await deleteEnded(db, new Date(now.getTime() - keptMs));
    for (;;) {
      const ended = await endedVerifications(db, now);
      if (ended.length === 0) return;
      for (const digest of new Set(ended.flatMap(({ sha256 }) => sha256 ?? []))) await this.#files.remove(digest);
      await deleteUploads(
        db,
        ended.map(({ id }) => id),
      );
    }
  }

  async #makePicture({ id, accountId, kind }: Upload, bytes: Uint8Array): Promise<Received> {
    const { db, gallery, clock } = this.#options;
    return gallery.keep(bytes, accountId, kind === "MASK" ? "MASK" : "SOURCE", async (row) => {
      const imageId = await markReady(db, id, row, clock.date());
      return { imageId, width: row.width, height: row.height };
    });
  }

  /** A damaged picture too: its history may still say something. */
  async #keepFile({ id: uploadId, accountId }: Upload, bytes: Uint8Array): Promise<Received> {
    if (sniff(bytes) === undefined)
      throw new Refused("IMAGE_UNSUPPORTED", "the file is no JPEG, PNG, WebP or AVIF image");
    await this.#mustHaveRoom(accountId);
    return this.#files.storing(async (put) => {
      const sha256 = await put(bytes);
      await markVerifiable(this.#options.db, uploadId, sha256);
      return { uploadId, sha256 };
    });
  }

  /** Files that are coming count, so that several at once do not each see the room that only one of them has. */
  async #mustHaveRoom(accountId: string): Promise<void> {
    const { db, clock } = this.#options;
    if ((await verifiableBytes(db, accountId, clock.date())) <= filesBytesMax) return;
    const message = `the account's files to be verified take more than ${filesBytesMax / 2 ** 20} MiB; they go 15 minutes after createUpload`;
    throw new Refused("QUOTA_EXCEEDED", message);
  }

  async #find(accountId: string, uploadId: string): Promise<Upload> {
    const upload = isId(uploadId) ? await findUpload(this.#options.db, uploadId) : null;
    if (upload !== null && upload.accountId === accountId) return upload;
    throw new Refused("NOT_FOUND", `there is no upload "${uploadId.slice(0, 40)}"`);
  }

  #notThere(upload: Upload): Refused {
    const { id, state, errorCode, errorMessage } = upload;
    if (state === "WAITING" && this.#isOver(upload)) return expired();
    const why = errorMessage ?? "its bytes have not come yet; PUT them to its url first";
    return new Refused((errorCode as ErrorCode | null) ?? "BAD_INPUT", `upload ${id}: ${why}`);
  }

  #isOver({ expiresAt }: Upload): boolean {
    return expiresAt <= this.#options.clock.date();
  }
}

function expired(): Refused {
  return new Refused("UPLOAD_EXPIRED", "the upload has expired or its bytes have come; ask createUpload for another");
}
