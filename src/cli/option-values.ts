import { Refused } from "../core/errors.ts";

/** Marks a number that may have no fraction. */
export const wholeNumber = "whole";

/** A parser for an option that takes a number from `min` to `max`; the error names option, text and range. */
export function within(option: string, min: number, max: number, kind?: typeof wholeNumber): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= min && value <= max) || (kind === wholeNumber && !Number.isInteger(value))) {
      const expected = kind === wholeNumber ? "a whole number" : "a number";
      throw new Refused("BAD_INPUT", `${option} ${text}: ${expected} from ${min} to ${max} is expected`);
    }
    return value;
  };
}

/** One of a few words; the error names the option and all of them. */
export function oneOf<Word extends string>(option: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new Refused("BAD_INPUT", `${option} ${text}: ${words.join(" or ")} is expected`);
  return found;
}
