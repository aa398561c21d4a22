import { createHash } from "node:crypto";
import { hasRole } from "../core/account.ts";
import type { Clock } from "../core/clock.ts";
import { type EditRequest, sourceIdsOf } from "../core/edit.ts";
import { assert, Failed, Refused } from "../core/errors.ts";
import { isId, newId } from "../core/id.ts";
import type { ImageFormat, RgbImage } from "../core/image.ts";
import { Shares } from "../core/shares.ts";
import type { Originals, Put } from "../delivery/originals.ts";
import { digestOf, readWhole, type Storage } from "../delivery/storage.ts";
import { normalise, normaliseMask } from "../intake/normalise.ts";
import type { PixelCache } from "../intake/pixel-cache.ts";
import { sniff } from "../intake/sniff.ts";
import type { Credentials } from "../provenance/credentials.ts";
import { findAccount } from "../store/accounts.ts";
import { appendAudit } from "../store/audit-events.ts";
import { listAuditEvents } from "../store/audit-log.ts";
import { isDigestInCase } from "../store/cases.ts";
import type { Database } from "../store/database.ts";
import {
  createImage,
  findBlocked,
  findImage,
  findImages,
  findImagesByEdits,
  type Image,
  markDeleted,
  type NewImage,
  unblockImage,
} from "../store/images.ts";
import type { Fingerprints } from "./fingerprints.ts";
import type { PixelThreads } from "./pixel-threads.ts";
import { pixelsOf, Sources } from "./sources.ts";
import { mustHaveRoom } from "./storage-quota.ts";

export interface GalleryOptions {
  readonly db: Database;
  readonly storage: Storage;
  readonly originals: Originals;
  readonly cache: PixelCache;
  readonly threads: PixelThreads;
  readonly fingerprints: Fingerprints;
  /** Keeps the history that an upload brings; absent where results are not signed either. */
  readonly credentials?: Credentials | undefined;
  readonly clock: Clock;
  /** A picture has come that an edit will name soon. */
  readonly onSource: (image: RgbImage) => void;
}

interface Served {
  readonly digest: string;
  readonly format: ImageFormat;
  /** False for what the account sees only because it moderates. */
  readonly own: boolean;
}

/**
 * Pictures that are being made of bytes: 50 MB of pixels each, and more on the way. One of an account, so that the next sees
 * what it took of the room that its account has.
 */
const atOnce = { max: 4, accountMax: 1 } as const;

/** Pictures of an account's requests that may wait for these. Uploads have bounds of their own. */
const waitingMax = 32;

/** More than are ever being deleted at once. */
const lastDeleted = 50;

type PictureKind = "SOURCE" | "MASK";

/** The pictures of accounts: how bytes become one, and how one becomes pixels again. */
export class Gallery {
  readonly #options: GalleryOptions;
  readonly #shares = new Shares(atOnce);

  constructor(options: GalleryOptions) {
    this.#options = options;
  }

  /**
   * A picture that came with a request, as one of the account's. Throws `Refused` as `keep`, and RATE_LIMITED while too many
   * of them wait.
   */
  async add(accountId: string, bytes: Uint8Array, kind: PictureKind): Promise<string> {
    const { db, clock } = this.#options;
    if (this.#shares.waiting(accountId) >= waitingMax)
      throw new Refused("RATE_LIMITED", `${waitingMax} pictures of the account wait to be read; try again`, [], 1000);
    return this.keep(bytes, accountId, kind, async (row) => (await createImage(db, row, clock.date())).id);
  }

  /**
   * Makes a picture of what was sent and keeps its bytes, after those of its account that came before; `record` stores the
   * row that is missing. Throws `Refused` IMAGE_* or BAD_INPUT, CONTENT_REFUSED for a picture that is blocked, whoever had it,
   * QUOTA_EXCEEDED when its account has no room.
   */
  keep<T>(bytes: Uint8Array, accountId: string, kind: PictureKind, record: (row: NewImage) => Promise<T>): Promise<T> {
    return this.#shares.run(accountId, async () => {
      const { db, originals } = this.#options;
      const account = await findAccount(db, accountId);
      assert(account !== null, "a picture is of an account");
      await mustHaveRoom(db, account);
      return originals.storing(async (put) => record(await this.#make(bytes, accountId, kind, put)));
    });
  }

  async #make(bytes: Uint8Array, accountId: string, kind: PictureKind, put: Put): Promise<NewImage> {
    const { cache, threads, fingerprints, clock, onSource } = this.#options;
    const [normal, c2pa] = await Promise.all([
      kind === "MASK" ? normaliseMask(bytes) : normalise(bytes),
      kind === "MASK" ? undefined : this.#capture(bytes),
    ]);
    const [digest, c2paDigest, fingerprint] = await Promise.all([
      put(normal.bytes),
      c2pa && put(c2pa),
      kind === "MASK" ? undefined : threads.fingerprint(normal.image),
    ]);
    await this.#mustNotBeBlocked(digest, accountId);
    if (kind !== "MASK") {
      cache.put(digest, normal.image);
      onSource(normal.image);
    }
    const id = newId(clock.date());
    if (fingerprint) fingerprints.add({ id, accountId }, fingerprint);
    return {
      id,
      accountId,
      kind,
      digest,
      sourceDigest: digestOf(bytes),
      sourceMd5: createHash("md5").update(bytes).digest("hex"),
      contentType: normal.contentType,
      byteLength: normal.bytes.length,
      width: normal.image.width,
      height: normal.image.height,
      ...(fingerprint && { pdq: fingerprint.pdq, pdqQuality: fingerprint.quality }),
      ...(c2paDigest !== undefined && { c2paDigest, c2paByteLength: c2pa!.length }),
    };
  }

  /** Whoever brings in what is blocked is written down: no filter sees it any more. */
  async #mustNotBeBlocked(digest: string, accountId: string): Promise<void> {
    const { db, clock } = this.#options;
    const blocked = await findBlocked(db, digest);
    if (blocked === null) return;
    const about = { subjectKind: "image", subjectId: blocked.id, accountId, details: { digest } } as const;
    await appendAudit(db, [{ ...about, actor: accountId, kind: "image.refused" }], clock.date());
    throw new Refused("CONTENT_REFUSED", "the picture was blocked by moderation");
  }

  /** A picture as it may be served to whom a link was made for: its own, or to a moderator any. */
  async imageFor(imageId: string, accountId: string): Promise<Served | "deleted" | "blocked" | undefined> {
    const { db } = this.#options;
    const image = await findImage(db, imageId);
    if (image === null) return undefined;
    const isTheirs = image.accountId === accountId && image.kind !== "HELD";
    // One's own that is gone is evidence at most, and to a moderator as anybody's is.
    const own = isTheirs && image.deletedAt === null && image.blockedAt === null;
    const account = own ? null : await findAccount(db, accountId);
    const mayModerate = account !== null && hasRole({ accountId, role: account.role }, "MODERATOR");
    if (!isTheirs && !mayModerate) return undefined;
    if (image.deletedAt !== null) {
      // What a case is about is shown to those who decide it, whatever its account does meanwhile.
      const isEvidence = mayModerate && (await isDigestInCase(db, image.digest));
      if (!isEvidence) return "deleted";
    }
    if (image.blockedAt !== null && !mayModerate) return "blocked";
    return { digest: image.digest, format: image.contentType.replace("image/", "") as ImageFormat, own };
  }

  /** Throws `Refused` NOT_FOUND for a picture that the account does not have or has deleted. */
  async mustOwn(accountId: string, imageId: string): Promise<void> {
    const image = isId(imageId) ? await findImage(this.#options.db, imageId) : null;
    if (image?.accountId === accountId && image.deletedAt === null && image.kind !== "HELD") return;
    throw new Refused("NOT_FOUND", `there is no image "${imageId.slice(0, 40)}"`);
  }

  /**
   * Deletes a picture: nobody is shown it any more, its row stays for provenance, its bytes go when nothing needs them.
   * Throws `Refused` CONTENT_REFUSED for one that is blocked: it may be evidence.
   */
  async remove(imageId: string, actor: string): Promise<void> {
    const { db, clock } = this.#options;
    const deleted = await markDeleted(db, imageId, { actor, at: clock.date() });
    if (deleted !== undefined) return this.dropBytes(deleted);
    if ((await findImage(db, imageId))?.blockedAt != null)
      throw new Refused("CONTENT_REFUSED", `image ${imageId} was blocked by moderation and is kept`);
  }

  /**
   * Removes the bytes of a picture that was deleted, where neither another picture nor an edit under way needs them, nor a
   * case that is still to be decided.
   */
  async dropBytes({ digest, c2paDigest }: Image): Promise<void> {
    const { originals, cache } = this.#options;
    const drop = async (one: string) => {
      if (await originals.remove(one)) cache.delete(one);
    };
    // The history goes last, for by it a start sees that something is left; and also when the picture could not go.
    try {
      await drop(digest);
    } finally {
      if (c2paDigest !== null) await drop(c2paDigest);
    }
  }

  /** The same for what an edit worked on that has come to its end, and that was deleted meanwhile. */
  async dropSources(request: EditRequest): Promise<void> {
    const ids = sourceIdsOf(request);
    if (ids.length === 0) return;
    const deleted = (await findImages(this.#options.db, ids)).filter(({ deletedAt }) => deletedAt !== null);
    await Promise.all(deleted.map((image) => this.dropBytes(image)));
  }

  /** The same for pictures that were deleted last, whose bytes an earlier life may have ended before removing. */
  async dropLeftBytes(): Promise<void> {
    const { db, storage } = this.#options;
    const { edges } = await listAuditEvents(db, { kinds: ["image.deleted"] }, { first: lastDeleted });
    const ids = edges.map(({ node }) => node.subjectId);
    for (const image of await findImages(db, ids)) {
      if (await storage.stat(image.c2paDigest ?? image.digest)) await this.dropBytes(image);
    }
  }

  /**
   * Serves a blocked picture and all that have its bytes again, and takes them for edits; the bytes of one that was deleted
   * go. Returns false when it is not blocked.
   */
  async unblock(image: Image, reason: string, actor: string): Promise<boolean> {
    const { db, clock } = this.#options;
    const unblocked = await unblockImage(db, image, reason, { actor, at: clock.date() });
    if (unblocked && image.deletedAt !== null) await this.dropBytes(image);
    return unblocked;
  }

  /**
   * The pictures and the mask that an edit names.
   *
   * @param isAccepted whether the edit was accepted before: then what was deleted since is still there for it
   * @throws Refused NOT_FOUND for one that the account does not have, CONTENT_REFUSED for one that is blocked, BAD_INPUT for
   *   one of another kind
   */
  async sources(
    accountId: string,
    named: Pick<EditRequest, "imageIds" | "maskId">,
    isAccepted: boolean,
  ): Promise<Sources> {
    const { db, cache, storage } = this.#options;
    const { imageIds, maskId } = named;
    const ids = sourceIdsOf(named);
    const rows = ids.length === 0 ? [] : await findImages(db, ids.filter(isId));
    const found = new Map<string, Image>();
    for (const image of rows) {
      const isThere = image.deletedAt === null || (isAccepted && (await storage.stat(image.digest)) !== undefined);
      if (isThere) found.set(image.id, image);
    }
    const images = imageIds.map((id) => usable(id, found.get(id), accountId, "SOURCE"));
    const mask = maskId === undefined ? undefined : usable(maskId, found.get(maskId), accountId, "MASK");
    return new Sources(images, mask, (digest) => this.#bytes(digest), cache);
  }

  /** The pixels of a stored picture; throws `Failed` where its bytes are gone. */
  pixels(image: Image): Promise<RgbImage> {
    return pixelsOf(image, (digest) => this.#bytes(digest), this.#options.cache);
  }

  /** A result of an edit, with its pixels as they were delivered; those are absent once its bytes are gone. */
  async result(editId: string, index: number): Promise<{ image: Image; pixels?: RgbImage } | undefined> {
    const image = (await findImagesByEdits(this.#options.db, [editId])).get(editId)?.find((one) => one.index === index);
    if (image === undefined) return undefined;
    const isThere = image.deletedAt === null && (await this.#options.storage.stat(image.digest)) !== undefined;
    return isThere ? { image, pixels: await this.pixels(image) } : { image };
  }

  async #capture(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const type = sniff(bytes);
    return type && this.#options.credentials?.capture(bytes, `image/${type}`);
  }

  async #bytes(digest: string): Promise<Uint8Array> {
    const bytes = await readWhole(this.#options.storage, digest);
    if (bytes !== undefined) return bytes;
    throw new Failed("INTERNAL", "the bytes of a picture are missing from storage", { retryable: false });
  }
}

/** A picture that an edit of the account may name as what it is; throws `Refused` otherwise. */
function usable(id: string, image: Image | undefined, accountId: string, kind: PictureKind): Image {
  if (image?.accountId !== accountId || image.kind === "HELD")
    throw new Refused("NOT_FOUND", `there is no image "${id.slice(0, 40)}"`);
  if (image.blockedAt !== null) throw new Refused("CONTENT_REFUSED", `image ${id} was blocked by moderation`);
  if ((image.kind === "MASK") !== (kind === "MASK"))
    throw new Refused("BAD_INPUT", `image ${id} is a ${image.kind}; a ${kind} is expected`);
  return image;
}
