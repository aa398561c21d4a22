import { Refused } from "../core/errors.ts";
import { expiresInSeconds, type UrlSigner } from "./signed-url.ts";
import { type Variant, variantParameters } from "./variant.ts";

/** Characters of a file name in a link. */
const downloadLengthMax = 200;

export interface ImageLink {
  readonly imageId: string;
  /** Whom the link is made for; it dies with the account's standing. */
  readonly accountId: string;
  /** 1 second to 7 days; an hour when left out. */
  readonly expiresIn?: number;
  readonly variant?: Variant;
  /** File name to be saved under, at most 200 characters; shown in place when left out. */
  readonly download?: string;
}

/** Signed addresses as the outside opens them. */
export class Links {
  readonly #signer: UrlSigner;
  readonly #baseUrl: () => string;

  /** @param baseUrl how the outside reaches the server, without a slash at the end; known once it listens */
  constructor(signer: UrlSigner, baseUrl: () => string) {
    this.#signer = signer;
    this.#baseUrl = baseUrl;
  }

  get baseUrl(): string {
    return this.#baseUrl();
  }

  /** Throws `Refused` BAD_INPUT when lifetime, variant or the length of the file name are out of range. */
  image({ imageId, accountId, expiresIn = expiresInSeconds.default, variant = {}, download }: ImageLink): string {
    if (download !== undefined && download.length > downloadLengthMax)
      throw new Refused(
        "BAD_INPUT",
        `download has ${download.length} characters: at most ${downloadLengthMax} are expected`,
      );
    const parameters = { ...variantParameters(variant), ...(download !== undefined && { download }) };
    const path = `/images/${imageId}`;
    return this.#absolute(
      this.#signer.sign({ method: "GET", path, accountId, parameters, expiresInSeconds: expiresIn }),
    );
  }

  upload(uploadId: string, accountId: string, expiresIn: number): string {
    const path = `/uploads/${uploadId}`;
    return this.#absolute(this.#signer.sign({ method: "PUT", path, accountId, expiresInSeconds: expiresIn }));
  }

  /** @param parameters what is to be in the file; @param expiresIn 1 second to 7 days */
  auditExport(accountId: string, parameters: Readonly<Record<string, string>>, expiresIn: number): string {
    const path = "/audit/export";
    return this.#absolute(
      this.#signer.sign({ method: "GET", path, accountId, parameters, expiresInSeconds: expiresIn }),
    );
  }

  #absolute(target: string): string {
    return `${this.#baseUrl()}${target}`;
  }
}
