import type { Clock } from "../core/clock.ts";
import { assert, Failed } from "../core/errors.ts";
import { type Claim, type ImageMimeType, manifestDefinition, resourcesOf, sourceLabel } from "./claim.ts";
import { CredentialsProcess } from "./credentials-process.ts";
import { type CredentialsReport, reportOf } from "./credentials-report.ts";
import { parseChain, rootOf, type SigningIdentity, serialNumberOf } from "./signing-identity.ts";

export interface CredentialsOptions {
  /** Who signs; without it files are only read. */
  readonly identity?: SigningIdentity;
  /** Certificates in PEM that vouch for others' signatures. */
  readonly anchors?: string;
  /** Where a timestamp is asked for each signature: it then outlives the certificate. */
  readonly timestampUrl?: string;
  /** Of this program, for the claim. */
  readonly version: string;
  readonly clock: Clock;
}

/** Makes and reads the signed history (C2PA) that a picture carries. */
export class Credentials implements AsyncDisposable {
  readonly #process: CredentialsProcess;
  readonly #options: CredentialsOptions;
  /** Of our certificate, in decimal, as C2PA's reader writes it. */
  readonly #serialNumber: string | undefined;

  private constructor(options: CredentialsOptions) {
    const { identity, anchors = "", timestampUrl, clock } = options;
    this.#options = options;
    this.#serialNumber = identity && serialNumberOf(identity);
    this.#process = new CredentialsProcess(
      {
        anchors: `${identity ? rootOf(identity) : ""}${anchors}`,
        ...(identity && { identity }),
        ...(timestampUrl !== undefined && { timestampUrl }),
      },
      clock,
    );
  }

  /**
   * @throws Failed when nothing can be signed or read: a missing native library, a key that does not fit; Refused BAD_INPUT
   *   when the anchors are no certificates
   */
  static async open(options: CredentialsOptions): Promise<Credentials> {
    if (options.anchors) parseChain(options.anchors, "trust anchors");
    const credentials = new Credentials(options);
    try {
      const { state, faults } = await credentials.read(sample, "image/png");
      if (state !== "absent") throw new Failed("INTERNAL", faults.join(", "), { retryable: false });
      if (options.identity !== undefined) {
        const claim = { ...sampleClaim, at: options.clock.date() };
        await credentials.check(await credentials.#sign(sample, claim, false), claim);
      }
      return credentials;
    } catch (cause) {
      await credentials[Symbol.asyncDispose]();
      const reason = cause instanceof Error ? cause.message : String(cause);
      const hint = "PENTIMENTO_CREDENTIALS=off runs without them";
      throw new Failed("INTERNAL", `${reason} (on ${process.platform} ${process.arch}; ${hint})`, {
        retryable: false,
        cause,
      });
    }
  }

  /**
   * The same picture with a signed claim in it. To be done last: one more byte breaks it. `check` finds out whether it holds.
   *
   * @throws Failed when it cannot be signed
   */
  sign(bytes: Uint8Array, claim: Claim): Promise<Uint8Array> {
    return this.#sign(bytes, claim, true);
  }

  /**
   * Reads a picture that was signed here as anybody would.
   *
   * @throws Failed when its claim is not the one that was signed, or does not hold
   */
  async check(signed: Uint8Array, { title, mimeType }: Claim): Promise<void> {
    const read = () => this.read(signed, mimeType);
    const { state, faults, manifest } = await read().catch(read);
    if ((state === "trusted" || state === "valid") && manifest?.title === title) return;
    throw new Failed("INTERNAL", `content credentials: the signed picture does not verify (${faults.join(", ")})`, {
      retryable: false,
    });
  }

  async #sign(bytes: Uint8Array, claim: Claim, timestamp: boolean): Promise<Uint8Array> {
    assert(this.#options.identity !== undefined, "signing needs an identity");
    const call = {
      bytes,
      mimeType: claim.mimeType,
      timestamp,
      definition: manifestDefinition(claim, this.#options.version),
      resources: resourcesOf(claim),
      sources: claim.sources.map((source, i) => ({
        ...source,
        label: sourceLabel(i),
        relationship: i === 0 ? "parentOf" : "inputTo",
      })),
    };
    const sign = () => this.#process.call("sign", call);
    // The process may have ended for a reason that lies outside, such as too little memory: once more, in the next one.
    return sign().catch(sign);
  }

  /** What a file of anybody says of itself, and whether that holds. */
  async read(bytes: Uint8Array, mimeType: ImageMimeType): Promise<CredentialsReport> {
    const read = await this.#process.call("read", { bytes, mimeType });
    switch (read.kind) {
      case "absent":
        return {
          state: "absent",
          own: false,
          faults: [],
          ...(read.remoteUrl !== undefined && { remoteUrl: read.remoteUrl }),
        };
      case "unreadable":
        return { state: "broken", own: false, faults: [read.reason.slice(0, reasonLengthMax)] };
      case "found":
        return reportOf(read.found, this.#serialNumber);
    }
  }

  /**
   * What has to be kept of an uploaded file so that a picture made from it can carry the file's own history, although its
   * bytes are not kept: its credentials and how they stood the check against it. Undefined when it has none.
   */
  async capture(bytes: Uint8Array, mimeType: ImageMimeType): Promise<Uint8Array | undefined> {
    if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes("c2pa")) return undefined;
    return (await this.#process.call("capture", { bytes, mimeType })) ?? undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.close();
  }
}

const reasonLengthMax = 200;

/** A PNG of one pixel, to try the whole way with. */
const sample = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);
const sampleClaim = {
  mimeType: "image/png",
  title: "sample",
  sources: [],
  model: { name: "sample", digest: "00".repeat(32) },
} as const satisfies Omit<Claim, "at">;
