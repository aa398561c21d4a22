import { Refused } from "../../core/errors.ts";
import { type Algorithm, algorithms } from "./list-file.ts";
import { hexOf, type ListUpdate, type Skipped } from "./list-update.ts";

/**
 * A `queryResult` of NCMEC's hash sharing API, version 2: `image` entries with `member`, `id` and `fingerprints` (of which
 * md5 and pdq are used), and `deletedImage`. An entry is named by member and id together. Videos are passed over.
 */
export function* parseNcmec(text: string): Generator<ListUpdate | Skipped> {
  if (!/<queryResult[\s>]/.test(text.slice(0, 4096))) {
    throw new Refused("BAD_INPUT", "an answer of NCMEC's hash sharing is XML with a queryResult");
  }
  // An entity could only be declared to do harm: none is needed for hashes and numbers.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new Refused("BAD_INPUT", "the XML declares a document type");
  const entry = /<(image|deletedImage|video|deletedVideo)(?:\s[^>]*)?>([\s\S]*?)<\/\1>/g;
  for (const [, kind, body] of text.matchAll(entry)) {
    if (kind!.endsWith("ideo")) yield { skipped: "a video" };
    else yield entryOf(kind === "deletedImage", body!);
  }
}

function entryOf(deleted: boolean, whole: string): ListUpdate | Skipped {
  // What other members thought of it names members too.
  const body = whole.replace(/<feedback[\s>][\s\S]*<\/feedback>/, "");
  const member = /<member\s[^>]*?\bid="([^"<]{1,64})"/.exec(body)?.[1];
  const id = textOf("id", body);
  if (member === undefined || id === undefined) return { skipped: "not an entry" };
  const prints = textOf("fingerprints", body) ?? "";
  const hashes = algorithms.flatMap((algorithm: Algorithm) => {
    const hex = hexOf(algorithm, textOf(algorithm, prints) ?? "");
    return hex === undefined ? [] : [{ algorithm, hex }];
  });
  // An entry without a hash that is used may have had one before, so it counts as gone and not as unread.
  return { id: `${member}-${id}`, deleted: deleted || hashes.length === 0, hashes };
}

function textOf(tag: string, body: string): string | undefined {
  const found = new RegExp(`<${tag}(?:\\s[^>]*)?>([\\s\\S]*?)</${tag}>`).exec(body)?.[1]?.trim();
  return found === "" ? undefined : found;
}
