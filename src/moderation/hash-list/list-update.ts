import { type Algorithm, hashBytes } from "./list-file.ts";

/** One line of a source: an entry as it stands now, or that it is gone. A later one of the same entry replaces it. */
export interface ListUpdate {
  /** Of the entry at its source; where there is none, each hash is an entry of its own. */
  readonly id?: string;
  readonly deleted: boolean;
  /** In lower-case hex. */
  readonly hashes: readonly { readonly algorithm: Algorithm; readonly hex: string }[];
}

/** What a source holds that a list cannot use, and why. */
export interface Skipped {
  readonly skipped: string;
}

/** Hex of the length that the kind of hash has, in either case; undefined for anything else. */
export function hexOf(algorithm: Algorithm, text: string): string | undefined {
  const hex = text.trim().toLowerCase();
  return hex.length === 2 * hashBytes[algorithm] && /^[0-9a-f]+$/.test(hex) ? hex : undefined;
}

const names: Readonly<Record<string, Algorithm>> = {
  sha256: "sha256",
  md5: "md5",
  imagemd5: "md5",
  pdq: "pdq",
  imagepdq: "pdq",
};

/** The kind of hash that a source calls so: "SHA-256", "ImagePDQ", "md5". */
export function algorithmNamed(text: string): Algorithm | undefined {
  const key = text.toLowerCase().replace(/[^a-z0-9]/g, "");
  return Object.hasOwn(names, key) ? names[key] : undefined;
}

const gone = /^(deleted|withdrawn|removed)$/i;

/** Whether a status says that an entry is gone; one that is not known stands. */
export function isGone(status: string): boolean {
  return gone.test(status.trim());
}
