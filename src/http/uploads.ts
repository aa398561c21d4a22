import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { isId } from "../core/id.ts";
import { Shares } from "../core/shares.ts";
import type { UrlSigner } from "../delivery/signed-url.ts";
import { contentLength, readBody } from "./body.ts";
import { HttpRefused, tooMany } from "./error-answer.ts";
import type { Exchange, Handler } from "./exchange.ts";
import { grantOf, type MayServe } from "./signed.ts";

/** What `createUpload` was told about the bytes to come. */
export interface AwaitedUpload {
  /** 1…20 MiB. */
  readonly byteLength: number;
  /** In lower-case hex. */
  readonly sha256?: string;
}

export interface ReceivedImage {
  readonly imageId: string;
  readonly width: number;
  readonly height: number;
}

/** A file that waits to be verified. */
export interface ReceivedFile {
  readonly uploadId: string;
  /** In lower-case hex. */
  readonly sha256: string;
}

/** What the handler needs from whoever keeps uploads. */
export interface UploadPort {
  /** Throws `Refused` NOT_FOUND, or UPLOAD_EXPIRED when bytes have come already or the time is over. */
  awaited(uploadId: string, accountId: string): Promise<AwaitedUpload>;
  /**
   * Stores the bytes, a picture's once they are decoded; moves the upload from WAITING to READY, once. What is refused
   * (IMAGE_*, BAD_INPUT) is written down as REJECTED with its reason, and the `Refused` thrown on.
   */
  receive(uploadId: string, bytes: Uint8Array): Promise<ReceivedImage | ReceivedFile>;
}

/** Bytes of uploads under way, as they were declared: four of the largest of one account, and 32 in all. */
const atOnce = { max: 640 * 2 ** 20, accountMax: 80 * 2 ** 20 } as const;

const refusal = tooMany(
  {
    account: `an account sends ${atOnce.accountMax / 2 ** 20} MiB of uploads at once at most`,
    all: "too many uploads are under way; try again in a second",
  },
  1000,
);

/**
 * `PUT /uploads/:id`. A transfer that breaks off, or whose length or digest is not what was declared, leaves the upload
 * waiting: the same URL may be tried again until whole bytes have come.
 */
export function uploadHandler(ports: {
  signer: UrlSigner;
  mayServe: MayServe;
  uploads: UploadPort;
  clock: Clock;
}): Handler {
  const underWay = new Set<string>();
  const shares = new Shares(atOnce);
  return async (exchange) => {
    const grant = grantOf(exchange, ports.signer, ports.mayServe, "ask createUpload for a new one");
    const { id } = exchange;
    if (!isId(id)) throw new Refused("NOT_FOUND", "there is no such upload");
    if (underWay.has(id)) throw new HttpRefused(409, "BAD_INPUT", "this upload is being received already");
    underWay.add(id);
    try {
      const awaited = await ports.uploads.awaited(id, grant.accountId);
      const receive = async () => {
        const bytes = await readDeclared(exchange, awaited, ports.clock);
        exchange.sendJson(201, await ports.uploads.receive(id, bytes));
      };
      await shares.runNow(grant.accountId, receive, refusal, awaited.byteLength);
    } finally {
      underWay.delete(id);
    }
  };
}

async function readDeclared(exchange: Exchange, { byteLength, sha256 }: AwaitedUpload, clock: Clock): Promise<Buffer> {
  const fault = (length: number) => `${length} bytes were sent where createUpload declared ${byteLength}`;
  const announced = contentLength(exchange);
  if (announced !== undefined && announced !== byteLength) {
    throw new HttpRefused(announced > byteLength ? 413 : 400, "BAD_INPUT", fault(announced));
  }
  const bytes = await readBody(exchange, byteLength, clock);
  if (bytes.length !== byteLength) throw new Refused("BAD_INPUT", fault(bytes.length));
  if (sha256 !== undefined && createHash("sha256").update(bytes).digest("hex") !== sha256) {
    throw new Refused("BAD_INPUT", "the bytes do not have the sha256 that createUpload declared; send them again");
  }
  return bytes;
}
