/** What a text is cut into. A stop ends a sentence; letters of scripts without spaces come as one `dense` run. */
export interface Piece {
  readonly kind: "word" | "dense" | "symbol" | "comma" | "stop";
  readonly text: string;
}

export const dense = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}ー々]/u;
const letter = /[\p{L}\p{M}]/u;
const digit = /\p{N}/u;
const symbol = /[\p{Extended_Pictographic}卍卐✡☪]/u;
const comma = /[,،、:—–/&+\n()[\]{}]/;
const stop = /[.!?;。！？।؟…|]/;

type Kind = Piece["kind"] | "digit" | "none";

function kindOf(character: string): Kind {
  const code = character.charCodeAt(0);
  if (code < 128) {
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) return "word";
    if (code >= 48 && code <= 57) return "digit";
  } else {
    if (symbol.test(character)) return "symbol";
    if (dense.test(character)) return "dense";
    if (letter.test(character)) return "word";
    if (digit.test(character)) return "digit";
  }
  if (comma.test(character)) return "comma";
  return stop.test(character) ? "stop" : "none";
}

/** "w/o" as "without", "don't" as "do not", "woman's" as "woman", "dell'abito" as "dell abito". */
function unelided(chunk: string): string {
  if (/^w\/o(ut)?$/.test(chunk)) return "without";
  if (!/['’`´]/u.test(chunk)) return chunk;
  return chunk
    .replace(/n['’`´]t(?!\p{L})/gu, " not")
    .replace(/(?<=\p{L})['’`´]s?(?!\p{L})/gu, "")
    .replace(/(?<=\p{L})['’`´](?=\p{L}{2})/gu, " ");
}

/** Cuts text without white space at every change of kind; a point between letters ends no sentence. */
export function pieces(chunk: string): Piece[] {
  const found: Piece[] = [];
  let kind: Kind = "none";
  let text = "";
  for (const character of [...unelided(chunk).replace(/(?<=\p{L})[.|](?=\p{L})/gu, " "), " "]) {
    const next = kindOf(character);
    if (next !== kind || next === "symbol") {
      if (kind !== "none" && text !== "") found.push({ kind: kind === "digit" ? "word" : kind, text });
      text = "";
    }
    kind = next;
    text += character;
  }
  return found;
}
