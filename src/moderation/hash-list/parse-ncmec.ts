import { Refused } from "../../core/errors.ts";
import { type Algorithm, algorithms } from "./list-file.ts";
import { hexOf, type ListUpdate, type Skipped } from "./list-update.ts";

/**
 * A `queryResult` of NCMEC's hash sharing API, version 2: `image` entries with `member`, `id` and `fingerprints` (of which
 * md5 and pdq are used), and `deletedImage`. An entry is named by member and id together. Videos are passed over. Throws
 * `Refused` BAD_INPUT where there is no entry and the answer does not say itself that it counts none.
 */
export function* parseNcmec(text: string): Generator<ListUpdate | Skipped> {
  if (!/<(?:[\w.-]+:)?queryResult[\s>]/.test(text.slice(0, 4096))) {
    throw new Refused("BAD_INPUT", "an answer of NCMEC's hash sharing is XML with a queryResult");
  }
  // An entity could only be declared to do harm: none is needed for hashes and numbers.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new Refused("BAD_INPUT", "the XML declares a document type");
  let isEmpty = true;
  for (const [, , kind, body] of text.matchAll(entry)) {
    isEmpty = false;
    if (kind!.endsWith("ideo")) yield { skipped: "a video" };
    else yield* entryOf(kind === "deletedImage", body!);
  }
  if (isEmpty && !(/\scount="0"/.test(text) && !/\scount="0*[1-9]/.test(text)))
    throw new Refused("BAD_INPUT", "the XML holds no image that can be read, and does not say that there is none");
}

/** Elements may be named with a prefix of their namespace. */
const entry = /<((?:[\w.-]+:)?(image|deletedImage|video|deletedVideo))(?:\s[^>]*)?>([\s\S]*?)<\/\1>/g;

function* entryOf(deleted: boolean, whole: string): Generator<ListUpdate | Skipped> {
  // What other members thought of it names members too.
  const body = whole.replace(/<((?:[\w.-]+:)?feedback)[\s>][\s\S]*<\/\1>/, "");
  const member = /<(?:[\w.-]+:)?member\s[^>]*?\bid="([^"<]{1,64})"/.exec(body)?.[1];
  const id = textOf("id", body);
  if (member === undefined || id === undefined) return yield { skipped: "not an entry" };
  const texts = textOf("fingerprints", body) ?? "";
  const prints = algorithms.flatMap((algorithm: Algorithm) => {
    const text = textOf(algorithm, texts);
    return text === undefined ? [] : [{ algorithm, hex: hexOf(algorithm, text) }];
  });
  const hashes = prints.flatMap(({ algorithm, hex }) => (hex === undefined ? [] : [{ algorithm, hex }]));
  const isUnread = hashes.length < prints.length;
  if (isUnread) yield { skipped: "not a hash of its kind" };
  if (isUnread && hashes.length === 0 && !deleted) return;
  // An entry without a hash that is used may have had one before, so it counts as gone and not as unread.
  yield { id: `${member}-${id}`, deleted: deleted || hashes.length === 0, hashes };
}

function textOf(tag: string, body: string): string | undefined {
  const pattern = new RegExp(`<((?:[\\w.-]+:)?${tag})(?:\\s[^>]*)?>([\\s\\S]*?)</\\1>`);
  const found = pattern.exec(body)?.[2]?.trim();
  return found === "" ? undefined : found;
}
