import { Refused } from "./errors.ts";

/** Characters of a prompt; the text encoders read a few hundred tokens of it. */
const promptCharactersMax = 10_000;

const searchCharactersMax = 200;

/** Whether a database gives the text back: SQLite ends it at a NUL, PostgreSQL refuses that, half a surrogate pair has no UTF-8. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text);
}

export const storableExpected = "text without NUL characters and halves of surrogate pairs";

/** As people count them: what takes two units of JavaScript's texts, such as an emoji, is one. */
function charactersOf(text: string): number {
  return text.length <= promptCharactersMax ? text.length : [...text].length;
}

/** Throws `Refused` BAD_INPUT when a prompt is empty, too long or nothing that can be stored. */
export function checkPrompt(prompt: string): void {
  if (prompt.trim() === "")
    throw new Refused("BAD_INPUT", 'the prompt is empty; say what to change, e.g. "make it night"');
  checkPromptText(prompt);
}

/** The same of a negative prompt, which may be empty: guidance then leads away from what nothing in particular asks for. */
export function checkPromptText(prompt: string): void {
  const characters = charactersOf(prompt);
  if (characters > promptCharactersMax)
    throw new Refused(
      "BAD_INPUT",
      `the prompt has ${characters} characters; at most ${promptCharactersMax} are accepted`,
    );
  if (!isStorable(prompt)) throw new Refused("BAD_INPUT", `the prompt: expected ${storableExpected}`);
}

/** Throws `Refused` BAD_INPUT for words that no prompt can hold, or too many. */
export function checkSearchText(text: string): void {
  if (text.length > searchCharactersMax)
    throw new Refused("BAD_INPUT", `text: expected at most ${searchCharactersMax} characters, received ${text.length}`);
  if (!isStorable(text)) throw new Refused("BAD_INPUT", `text: expected ${storableExpected}`);
}
