import { Refused } from "./errors.ts";

/**
 * Text that is not all blank.
 *
 * @param what names it in the message
 * @param charactersMax as JavaScript counts them
 * @throws Refused BAD_INPUT when there is nothing in it or too much
 */
export function checkText(what: string, text: string, charactersMax: number): void {
  if (text.trim() === "")
    throw new Refused("BAD_INPUT", `${what} is blank: 1 to ${charactersMax} characters are expected`);
  if (text.length > charactersMax)
    throw new Refused("BAD_INPUT", `${what} has ${text.length} characters: 1 to ${charactersMax} are expected`);
}
