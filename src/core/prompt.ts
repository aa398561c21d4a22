import { Refused } from "./errors.ts";

/** Characters of a prompt; the text encoders read a few hundred tokens of it. */
const promptCharactersMax = 10_000;

/** Throws `Refused` BAD_INPUT when a prompt is empty or too long. */
export function checkPrompt(prompt: string): void {
  if (prompt.trim() === "")
    throw new Refused("BAD_INPUT", 'the prompt is empty; say what to change, e.g. "make it night"');
  if (prompt.length > promptCharactersMax) {
    throw new Refused(
      "BAD_INPUT",
      `the prompt has ${prompt.length} characters; at most ${promptCharactersMax} are accepted`,
    );
  }
}
