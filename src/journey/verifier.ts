import type { Viewer } from "../core/account.ts";
import { Refused } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import { Shares } from "../core/shares.ts";
import { readWhole, type Storage } from "../delivery/storage.ts";
import type { WatermarkFinding } from "../finishing/watermark/detect.ts";
import { decodeImage } from "../intake/decode.ts";
import { sniff } from "../intake/sniff.ts";
import { pdqDistance } from "../moderation/hash-list/pdq-distance.ts";
import type { ImageMimeType } from "../provenance/claim.ts";
import type { Credentials } from "../provenance/credentials.ts";
import type { CredentialsReport } from "../provenance/credentials-report.ts";
import type { Database } from "../store/database.ts";
import { findImages, type Image } from "../store/images.ts";
import { findByWatermark } from "../store/provenance.ts";
import type { Fingerprints } from "./fingerprints.ts";
import type { Fingerprint, PixelThreads } from "./pixel-threads.ts";
import { summaryOf } from "./verification-summary.ts";

/** Verifications under way: each holds a file and its pixels, 70 MB at most, and takes the thread that edits need too. */
const atOnce = { max: 2, accountMax: 1 } as const;

/** Stored pictures whose credentials are being read: each is read whole, and one query may ask for hundreds. */
const readAtOnce = { max: 2, accountMax: 1 } as const;

/** Those of one account that may wait for these: of a page of 100 edits all sources and results. */
const readWaitingMax = 1_000;

/** Nearest pictures that are told. */
const nearestMax = 5;

/** Pictures with the same mark that are told: an edit that is sent again and again with its seed makes as many. */
const markedMax = 20;

const lookedUpAtOnce = 100;

/** Where a file of anybody comes from, as far as it says so itself and as its viewer may know. */
export interface Verification {
  /** Absent where the server runs without credentials. */
  readonly credentials?: CredentialsReport;
  /** The mark of this server's key. */
  readonly watermark?: WatermarkFinding & { readonly images: readonly Image[] };
  readonly fingerprint?: Fingerprint;
  /** The viewer's pictures that look like it, with the bits that differ. */
  readonly nearest: readonly { readonly image: Image; readonly distance: number }[];
  readonly summary: string;
}

export interface VerifierOptions {
  readonly db: Database;
  readonly storage: Storage;
  readonly threads: PixelThreads;
  readonly credentials?: Credentials | undefined;
  readonly fingerprints: Fingerprints;
}

/** Says where a picture comes from: by its signed history, by its mark, by its looks. Keeps nothing of it. */
export class Verifier {
  readonly #options: VerifierOptions;
  readonly #shares = new Shares(atOnce);
  readonly #reading = new Shares(readAtOnce);

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /**
   * @param read gives a JPEG, PNG, WebP or AVIF file; called once there is room for it
   * @throws Refused IMAGE_UNSUPPORTED, IMAGE_TOO_LARGE or BAD_INPUT; RATE_LIMITED while another of the account's files, or
   *   two of others', are being verified. A damaged picture is answered as far as it can be read
   */
  async verify(viewer: Viewer, read: () => Promise<Uint8Array>): Promise<Verification> {
    const refusal = (full: "account" | "all") => {
      const others = full === "account" ? "a file of this account is" : `${atOnce.max} files of others are`;
      return new Refused("RATE_LIMITED", `${others} being verified; ask again in a second`, [], 1000);
    };
    return this.#shares.runNow(viewer.accountId, async () => this.#verify(viewer, await read()), refusal);
  }

  /**
   * What a stored picture says of itself, checked now; undefined once it is gone, or where the server runs without. Throws
   * `Refused` RATE_LIMITED while too many of the viewer's wait.
   */
  async credentialsOf(
    { accountId }: Viewer,
    digest: string,
    contentType: ImageMimeType,
  ): Promise<CredentialsReport | undefined> {
    const { credentials, storage } = this.#options;
    if (credentials === undefined) return undefined;
    if (this.#reading.waiting(accountId) >= readWaitingMax)
      throw new Refused("RATE_LIMITED", "the credentials of too many pictures are being read; ask again", [], 1000);
    return this.#reading.run(accountId, async () => {
      const bytes = await readWhole(storage, digest);
      return bytes && credentials.read(bytes, contentType);
    });
  }

  async #verify(viewer: Viewer, bytes: Uint8Array): Promise<Verification> {
    const { credentials, threads } = this.#options;
    const type = sniff(bytes);
    if (type === undefined) throw new Refused("IMAGE_UNSUPPORTED", "the file is no JPEG, PNG, WebP or AVIF image");
    const [report, image] = await Promise.all([credentials?.read(bytes, `image/${type}`), pixelsOf(bytes)]);
    const [mark, fingerprint] = await Promise.all([
      image && threads.detect(image),
      image && threads.fingerprint(image),
    ]);
    const watermark = mark && { ...mark, images: await this.#marked(viewer, mark.payload, fingerprint) };
    const nearest = fingerprint ? await this.#nearest(viewer, fingerprint) : [];
    const found = {
      ...(report && { credentials: report }),
      ...(watermark && { watermark }),
      ...(fingerprint && { fingerprint }),
      nearest,
    };
    return { ...found, summary: summaryOf(found, image !== undefined) };
  }

  /** The newest of the viewer's pictures with this number, those that look like the file first. */
  async #marked(viewer: Viewer, payload: number, fingerprint: Fingerprint | undefined): Promise<Image[]> {
    const ids = await findByWatermark(this.#options.db, payload);
    const images = await this.#firstVisible(viewer, ids, markedMax);
    const apart = ({ pdq }: Image) => (pdq && fingerprint ? pdqDistance(pdq, fingerprint.pdq) : 256);
    return images.sort((a, b) => apart(a) - apart(b));
  }

  async #nearest(viewer: Viewer, fingerprint: Fingerprint): Promise<Verification["nearest"]> {
    const near = this.#options.fingerprints.nearest(viewer.accountId, fingerprint);
    const distances = new Map(near.map(({ imageId, distance }) => [imageId, distance]));
    const images = await this.#firstVisible(viewer, [...distances.keys()], nearestMax);
    return images.map((image) => ({ image, distance: distances.get(image.id)! }));
  }

  /**
   * The first `limit` of these that the viewer may know, in their order. Nobody learns of another account's pictures, nor of
   * what is held or was deleted or blocked; of these there may be any number before the first.
   */
  async #firstVisible({ accountId }: Viewer, ids: readonly string[], limit: number): Promise<Image[]> {
    const first: Image[] = [];
    for (let at = 0; at < ids.length && first.length < limit; at += lookedUpAtOnce) {
      const some = ids.slice(at, at + lookedUpAtOnce);
      const found = new Map((await findImages(this.#options.db, some)).map((image) => [image.id, image]));
      const isVisible = ({ accountId: owner, kind, deletedAt, blockedAt }: Image) =>
        owner === accountId && kind !== "HELD" && deletedAt === null && blockedAt === null;
      first.push(...some.flatMap((id) => found.get(id) ?? []).filter(isVisible));
    }
    return first.slice(0, limit);
  }
}

/** Undefined for a picture that is damaged: its credentials may still say something. */
async function pixelsOf(bytes: Uint8Array): Promise<RgbImage | undefined> {
  return decodeImage(bytes, "any").catch((error) => {
    if (error instanceof Refused && error.code === "IMAGE_UNREADABLE") return undefined;
    throw error;
  });
}
