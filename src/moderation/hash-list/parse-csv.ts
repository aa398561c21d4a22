import { Refused } from "../../core/errors.ts";
import { algorithmNamed, hexOf, isGone, type ListUpdate, type Skipped } from "./list-update.ts";
import { pdqQualityMin } from "./pdq.ts";

const columns = ["type", "hash", "id", "status", "quality"] as const;

/**
 * Lines of CSV under a header with `type` (sha256, md5, pdq) and `hash` (hex), and if wanted `id`, `status` (deleted,
 * withdrawn and removed take an entry out) and `quality` (of PDQ, 0…100). Other columns are passed over.
 */
export function* parseCsv(text: string): Generator<ListUpdate | Skipped> {
  const lines = linesOf(text);
  const header = (lines.next().value ?? "").split(",").map((name) => unquote(name).toLowerCase());
  const at = Object.fromEntries(columns.map((name) => [name, header.indexOf(name)])) as Record<
    (typeof columns)[number],
    number
  >;
  if (at.type < 0 || at.hash < 0) {
    throw new Refused("BAD_INPUT", 'the first line of the CSV must name the columns "type" and "hash"');
  }
  for (const line of lines) {
    if (line.trim() === "") continue;
    const cells = line.split(",");
    const cell = (name: (typeof columns)[number]) => (at[name] < 0 ? "" : unquote(cells[at[name]] ?? ""));
    const algorithm = algorithmNamed(cell("type"));
    if (algorithm === undefined) {
      yield { skipped: "a kind of hash that is not used" };
      continue;
    }
    const hex = hexOf(algorithm, cell("hash"));
    const deleted = isGone(cell("status"));
    const id = cell("id");
    if (hex === undefined && !(deleted && id !== "")) yield { skipped: "not a hash of its kind" };
    else if (isPoor(algorithm, cell("quality")) && !deleted) yield { skipped: "PDQ of too little quality" };
    else {
      const hashes = hex === undefined ? [] : [{ algorithm, hex }];
      yield { deleted, hashes, ...(id === "" ? {} : { id }) };
    }
  }
}

/** Whether a PDQ hash comes with a quality under which it matches what it should not. */
export function isPoor(algorithm: string, quality: string | number | undefined): boolean {
  return algorithm === "pdq" && quality !== undefined && quality !== "" && Number(quality) < pdqQualityMin;
}

function* linesOf(text: string): Generator<string, undefined> {
  // Excel writes a mark of byte order first.
  for (let from = text.charCodeAt(0) === 0xfeff ? 1 : 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const to = end < 0 ? text.length : end;
    yield text.slice(from, to).replace(/\r$/, "");
    from = to + 1;
  }
}

/** Hashes and ids hold no commas and no quotes, so a cell is at most quoted as a whole. */
function unquote(cell: string): string {
  return cell
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .trim();
}
