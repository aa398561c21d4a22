import { type Category, categories } from "../../core/moderation.ts";
import { bitsOf, type Concepts, type Mask } from "./concepts.ts";
import type { LexiconConcepts } from "./lexicon.ts";

/** One step of a pattern over tokens. Masks of `need`, `optional` and `absent` are met by any of their concepts. */
export type Element =
  | { readonly kind: "need" | "optional" | "absent"; readonly mask: Mask }
  | { readonly kind: "gap"; readonly most: number; readonly mask: Mask; readonly only: boolean }
  | { readonly kind: "notBefore"; readonly most: number; readonly mask: Mask };

export type Action =
  | { readonly kind: "set" | "clear"; readonly mask: Mask }
  | { readonly kind: "flag"; readonly category: Category; readonly score: number; readonly rule: string };

export interface Statement {
  readonly action: Action;
  readonly elements: readonly Element[];
  /** Bits of the first `need`: a match starts where a token has one of them. */
  readonly anchors: readonly number[];
  /** What a sentence must hold for the pattern to fit. */
  readonly needs: readonly Mask[];
  readonly sentenceHas: readonly Mask[];
  readonly sentenceLacks: Mask | null;
  readonly promptHas: readonly Mask[];
  readonly promptLacks: Mask | null;
  /** Whether the edit must have a source image, must not, or either. */
  readonly source: boolean | null;
}

export function versionOf(text: string): string {
  const version = /^version (\S+)$/m.exec(text)?.[1];
  if (version === undefined) throw new Error("prompt rules: grammar.txt must have a line `version …`");
  return version;
}

/** The concepts of a grammar that the word lists must know of; see `Lexicon`. */
export function lexiconConcepts(text: string): LexiconConcepts {
  const named = (keyword: string) => new RegExp(`^${keyword} ([A-Z_|]+)$`, "m").exec(text)?.[1]?.split("|") ?? [];
  const defined = [...text.matchAll(/^set ([A-Z_|]+) :/gm)].flatMap(([, names]) => names!.split("|"));
  return { critical: named("critical"), structural: named("structural"), defined };
}

/**
 * Reads the statements of a grammar, one a line, in the order in which they run:
 *
 *     let CLOTH = GARMENT|UNDERWEAR
 *     clear GARMENT : GARMENT ?COLOUR THING
 *     set BARE : WITHOUT ~2!COMMA CLOTH
 *     flag NCII 0.95 remove-garment : REMOVE ~4!PREP CLOTH !THING ; with PERSON ; no PAINTING ; source
 *
 * `A|B` a token of either concept, `?A` perhaps one, `!A` the next one is not, `<3!A` none of the three before is, `~4`
 * up to four tokens of any kind, `~4!A` of any but A, `~4=A` only of A and of words that no
 * list knows. Conditions after the pattern: `with`/`no` look at
 * the sentence, `prompt`/`noprompt` at all of the prompt, `source`/`nosource` at the edit.
 */
export function parseGrammar(text: string, concepts: Concepts): Statement[] {
  const sets = new Map<string, string>();
  const statements: Statement[] = [];
  for (const raw of text.split("\n")) {
    const line = raw.replace(/\/\/.*$/, "").trim();
    if (line === "" || /^(version|critical|structural) /.test(line)) continue;
    const named = /^let ([A-Z_]+) = ([A-Z_|]+)$/.exec(line);
    const resolved = (names: string) =>
      names
        .split("|")
        .map((name) => sets.get(name) ?? name)
        .join("|");
    if (named !== null) {
      sets.set(named[1]!, resolved(named[2]!));
      continue;
    }
    const mask = (names: string) => concepts.mask(resolved(names).split("|"));
    statements.push(parseStatement(line, mask));
  }
  return statements;
}

function parseStatement(line: string, mask: (names: string) => Mask): Statement {
  const [head = "", rest] = line.split(" : ");
  if (rest === undefined) throw new Error(`prompt rules: grammar.txt: cannot read "${line}"`);
  const [pattern = "", ...conditions] = rest.split(";").map((part) => part.trim());
  const elements = pattern.split(/\s+/).map((element) => parseElement(element, mask));
  const anchor = elements.find((element) => element.kind !== "notBefore");
  if (anchor?.kind !== "need") throw new Error(`prompt rules: grammar.txt: must begin with a concept: "${line}"`);
  const named = (keyword: string) =>
    conditions
      .filter((condition) => condition.startsWith(`${keyword} `))
      .map((condition) => condition.slice(keyword.length + 1));
  const lacks = (keyword: string) => (named(keyword).length === 0 ? null : mask(named(keyword).join("|")));
  const unread = conditions.filter(
    (condition) => !/^((with|no|prompt|noprompt) [A-Z_|]+|(no)?source)$/.test(condition),
  );
  if (unread.length > 0) throw new Error(`prompt rules: grammar.txt: cannot read "${unread[0]}" in "${line}"`);
  return {
    action: parseAction(head, mask),
    elements,
    anchors: bitsOf(anchor.mask),
    needs: elements.filter(({ kind }) => kind === "need").map(({ mask }) => mask),
    sentenceHas: named("with").map(mask),
    sentenceLacks: lacks("no"),
    promptHas: named("prompt").map(mask),
    promptLacks: lacks("noprompt"),
    source: conditions.includes("source") ? true : conditions.includes("nosource") ? false : null,
  };
}

function parseAction(head: string, mask: (names: string) => Mask): Action {
  const [verb, what = "", score = "", rule = ""] = head.trim().split(/\s+/);
  if (verb === "set" || verb === "clear") return { kind: verb, mask: mask(what) };
  const category = categories.find((name) => name === what);
  if (verb !== "flag" || category === undefined || !(Number(score) > 0 && Number(score) <= 1) || rule === "") {
    throw new Error(`prompt rules: grammar.txt: cannot read "${head}"; write e.g. "flag NCII 0.9 name"`);
  }
  return { kind: "flag", category, score: Number(score), rule };
}

function parseElement(text: string, mask: (names: string) => Mask): Element {
  const parts = /^(?:([?!])|([~<])(\d+)([!=]?))?([A-Z_|]*)$/.exec(text);
  if (parts === null) throw new Error(`prompt rules: grammar.txt: cannot read the pattern's "${text}"`);
  const [, sign, window, most, relation, names = ""] = parts;
  const concepts = names === "" ? mask("COMMA").fill(0) : mask(names);
  if (window === "~") return { kind: "gap", most: Number(most), mask: concepts, only: relation === "=" };
  if (window === "<") return { kind: "notBefore", most: Number(most), mask: concepts };
  if (names === "") throw new Error(`prompt rules: grammar.txt: cannot read the pattern's "${text}"`);
  return { kind: sign === "?" ? "optional" : sign === "!" ? "absent" : "need", mask: concepts };
}
