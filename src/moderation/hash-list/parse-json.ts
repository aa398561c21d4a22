import { z } from "zod";
import { Refused } from "../../core/errors.ts";
import { algorithmNamed, hexOf, isGone, type ListUpdate, type Skipped } from "./list-update.ts";
import { isPoor } from "./parse-csv.ts";

const entry = z.object({
  type: z.string(),
  hash: z.string(),
  id: z.string().min(1).optional(),
  status: z.string().optional(),
  quality: z.number().optional(),
});
const entries = z.union([z.array(z.unknown()), z.object({ hashes: z.array(z.unknown()) }).transform((o) => o.hashes)]);

/** `[{ type, hash, id?, status?, quality? }]`, or the same under `hashes`; as in CSV. */
export function* parseJsonList(text: string): Generator<ListUpdate | Skipped> {
  const parsed = entries.safeParse(jsonOf(text));
  if (!parsed.success)
    throw new Refused("BAD_INPUT", 'the JSON must be an array of hashes, or hold one under "hashes"');
  for (const one of parsed.data) {
    const read = entry.safeParse(one);
    const algorithm = read.success ? algorithmNamed(read.data.type) : undefined;
    if (!read.success) yield { skipped: "not an entry" };
    else if (algorithm === undefined) yield { skipped: "a kind of hash that is not used" };
    else {
      const { hash, id, status, quality } = read.data;
      const hex = hexOf(algorithm, hash);
      const deleted = isGone(status ?? "");
      if (hex === undefined) yield { skipped: "not a hash of its kind" };
      else if (isPoor(algorithm, quality) && !deleted) yield { skipped: "PDQ of too little quality" };
      else yield { deleted, hashes: [{ algorithm, hex }], ...(id === undefined ? {} : { id }) };
    }
  }
}

const record = z.object({ signalType: z.string(), hashValue: z.string(), hashStatus: z.string() });
const page = z.object({ hashRecords: z.array(z.unknown()) });

/**
 * Answers of StopNCII.org's FetchHashes, one page or an array of them: `hashRecords` of `signalType`, `hashValue` and
 * `hashStatus`. A hash is its own entry there; Withdrawn and Deleted take it out.
 */
export function* parseStopNcii(text: string): Generator<ListUpdate | Skipped> {
  const parsed = z.union([z.array(page), page.transform((one) => [one])]).safeParse(jsonOf(text));
  if (!parsed.success) throw new Refused("BAD_INPUT", 'a page of StopNCII holds its hashes under "hashRecords"');
  for (const one of parsed.data.flatMap(({ hashRecords }) => hashRecords)) {
    const read = record.safeParse(one);
    // VideoMD5, text and addresses are of no use for pictures.
    if (!read.success) yield { skipped: "not an entry" };
    else if (read.data.signalType !== "ImagePDQ") yield { skipped: "a kind of hash that is not used" };
    else {
      const hex = hexOf("pdq", read.data.hashValue);
      if (hex === undefined) yield { skipped: "not a hash of its kind" };
      else yield { deleted: isGone(read.data.hashStatus), hashes: [{ algorithm: "pdq", hex }] };
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused("BAD_INPUT", "this is no JSON");
  }
}
