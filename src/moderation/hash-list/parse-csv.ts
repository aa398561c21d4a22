import { Refused } from "../../core/errors.ts";
import { algorithmNamed, hexOf, isGone, type ListUpdate, type Skipped } from "./list-update.ts";
import { pdqQualityMin } from "./pdq.ts";

const columns = ["type", "hash", "id", "status", "quality"] as const;

/**
 * Lines of CSV under a header with `type` (sha256, md5, pdq) and `hash` (hex), and if wanted `id`, `status` (deleted,
 * withdrawn and removed take an entry out) and `quality` (of PDQ, 0…100). Other columns are passed over. Cells are quoted as
 * RFC 4180 says, but hold no line ends. Throws `Refused` BAD_INPUT for a quote that does not end where its cell does.
 */
export function* parseCsv(text: string): Generator<ListUpdate | Skipped> {
  const lines = linesOf(text);
  const header = cellsOf(lines.next().value ?? "").map((name) => name.toLowerCase());
  const at = Object.fromEntries(columns.map((name) => [name, header.indexOf(name)])) as Record<
    (typeof columns)[number],
    number
  >;
  if (at.type < 0 || at.hash < 0) {
    throw new Refused("BAD_INPUT", 'the first line of the CSV must name the columns "type" and "hash"');
  }
  for (const line of lines) {
    if (line.trim() === "") continue;
    const cells = cellsOf(line);
    if (cells.slice(header.length).some((cell) => cell !== "")) {
      yield { skipped: "a line with more cells than the header" };
      continue;
    }
    const cell = (name: (typeof columns)[number]) => cells[at[name]] ?? "";
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

/** A quoted cell, or one that is not, and what ends it. */
const cellPattern = /\s*(?:"((?:[^"]|"")*)"\s*|((?:[^\s",][^,]*)?))(,|$)/y;

/** The cells of a line, without quotes and the blanks around them. */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(",").map((cell) => cell.trim());
  const cells: string[] = [];
  cellPattern.lastIndex = 0;
  for (;;) {
    const found = cellPattern.exec(line);
    if (found === null)
      throw new Refused("BAD_INPUT", `a quote of the CSV does not end where its cell does: ${line.slice(0, 80)}`);
    const [, quoted, plain, end] = found;
    cells.push((quoted?.replaceAll('""', '"') ?? plain!).trim());
    if (end === "") return cells;
  }
}
