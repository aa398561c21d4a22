import { pipeline } from "node:stream/promises";
import type { Clock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { isId } from "../core/id.ts";
import type { ImageFormat } from "../core/image.ts";
import type { UrlSigner } from "../delivery/signed-url.ts";
import type { Storage } from "../delivery/storage.ts";
import { type Variant, type Variants, variantOf } from "../delivery/variant.ts";
import { HttpRefused } from "./error-answer.ts";
import type { Exchange, Handler } from "./exchange.ts";
import { parseRange } from "./range.ts";
import { grantOf, type MayServe } from "./signed.ts";

export interface ServedImage {
  /** Key of its bytes in storage. */
  readonly digest: string;
  readonly format: ImageFormat;
  /** False for what the account sees only because it moderates: another's picture, or a held one. */
  readonly own: boolean;
}

export interface ImagePort {
  /**
   * The picture, if the account that the URL was made for may see it now: its own, or any for a moderator. "deleted" and
   * "blocked" are told apart only to whoever may know; undefined for everything else.
   */
  imageFor(imageId: string, accountId: string): Promise<ServedImage | "deleted" | "blocked" | undefined>;
}

export interface ViewPort {
  /** The bytes of a picture are about to go to an account. */
  viewed(imageId: string, accountId: string): void;
}

export interface ImagePorts {
  readonly signer: UrlSigner;
  readonly mayServe: MayServe;
  readonly images: ImagePort;
  readonly views: ViewPort;
  readonly storage: Storage;
  readonly variants: Variants;
  readonly clock: Clock;
}

/** `GET|HEAD /images/:id`: the original, or the variant that the signed parameters name. */
export function imageHandler(ports: ImagePorts): Handler {
  return async (exchange) => {
    const grant = grantOf(exchange, ports.signer, ports.mayServe, "ask for the image's url again");
    const image = await findImage(ports.images, exchange.id, grant.accountId);
    const variant = variantOf(grant.parameters);
    const { key, byteLength } = await findBytes(ports, image, variant, grant.accountId);
    const handOut = () => ports.views.viewed(exchange.id, grant.accountId);
    const format = variant?.format ?? image.format;
    const headers = {
      ...protection,
      "content-type": `image/${format}`,
      "content-disposition": disposition(exchange.id, format, grant.parameters.get("download")),
      // The bytes never change; after the URL's end they may not be shown from a cache either. Evidence is kept by no
      // browser: a look from its cache would be written down nowhere.
      "cache-control": image.own
        ? `private, max-age=${secondsUntil(grant.expiresAt, ports.clock)}, immutable`
        : "no-store",
      etag: `"${key}"`,
      "accept-ranges": "bytes",
    };
    await answer(exchange, ports.storage, { key, byteLength, handOut }, headers);
  };
}

/** Opened as a page of its own, a picture may run and load nothing; as part of any page it may be shown. */
const protection = {
  "content-security-policy": "default-src 'none'; sandbox",
  "cross-origin-resource-policy": "cross-origin",
} as const;

async function findImage(images: ImagePort, id: string, accountId: string): Promise<ServedImage> {
  const image = isId(id) ? await images.imageFor(id, accountId) : undefined;
  if (image === undefined) throw new Refused("NOT_FOUND", "there is no such image");
  if (image === "deleted") throw deleted();
  if (image === "blocked") throw new Refused("CONTENT_REFUSED", "the image was blocked by moderation");
  return image;
}

async function findBytes(
  { storage, variants }: ImagePorts,
  image: ServedImage,
  variant: Variant | undefined,
  accountId: string,
): Promise<{ key: string; byteLength: number }> {
  const find = async () => {
    const key = variant ? await variants.keyOf(image, variant, accountId) : image.digest;
    const found = key === undefined ? undefined : await storage.stat(key);
    return key !== undefined && found && { key, ...found };
  };
  const found = await find();
  if (found) return found;
  // A variant may have made room for others, or its original have gone for a moment, while it was being made.
  const again = variant && (await storage.stat(image.digest)) ? await find() : undefined;
  if (!again) throw deleted();
  return again;
}

function deleted(): HttpRefused {
  return new HttpRefused(410, "NOT_FOUND", "the image was deleted");
}

async function answer(
  exchange: Exchange,
  storage: Storage,
  { key, byteLength, handOut }: { key: string; byteLength: number; handOut: () => void },
  headers: Record<string, string>,
): Promise<void> {
  const { request, response } = exchange;
  const { etag } = headers;
  if (matches(request.headers["if-none-match"], etag!)) return exchange.send(304, headers);

  const mayBePart = exchange.method === "GET" && [undefined, etag].includes(request.headers["if-range"] as string);
  const range = mayBePart ? parseRange(request.headers.range, byteLength) : undefined;
  if (range === "unsatisfiable") {
    throw new HttpRefused(416, "BAD_INPUT", `the range begins after the image's ${byteLength} bytes`, {
      "content-range": `bytes */${byteLength}`,
    });
  }
  const { first, last } = range ?? { first: 0, last: byteLength - 1 };
  const part = range ? { "content-range": `bytes ${first}-${last}/${byteLength}` } : {};
  const head = { ...headers, ...part, "content-length": last - first + 1 };
  if (exchange.method === "HEAD") {
    response.writeHead(200, head).end();
    return;
  }
  const stored = await storage.read(key, range);
  if (stored === undefined) throw deleted();
  handOut();
  response.writeHead(range ? 206 : 200, head);
  await pipeline(stored.stream, response).catch((error: NodeJS.ErrnoException) => {
    // A viewer that scrolls on is no fault.
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  });
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  return tags.includes(etag) || tags.includes("*");
}

function secondsUntil(expiresAt: number, clock: Clock): number {
  return Math.max(0, Math.floor((expiresAt - clock.date().getTime()) / 1000));
}

/** Shown in place, or saved under the name that the signed parameter `download` gives, with the right ending. */
function disposition(id: string, format: ImageFormat, download: string | null): string {
  const ending = format === "jpeg" ? "jpg" : format;
  const wanted = (download ?? "").replace(/\.(png|jpe?g|webp|avif)$/i, "").slice(0, 100);
  const stem =
    wanted.replace(/[^\p{L}\p{N} ._-]+/gu, "-").replace(/^[. -]+|[. -]+$/g, "") || `pentimento-${id.slice(-8)}`;
  const ascii = stem.replace(/[^\x20-\x7e]/g, "_");
  const names = `filename="${ascii}.${ending}"; filename*=UTF-8''${encodeURIComponent(`${stem}.${ending}`)}`;
  return `${download === null ? "inline" : "attachment"}; ${names}`;
}
