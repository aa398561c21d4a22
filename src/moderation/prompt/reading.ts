import { type Category, categories, unadjustable } from "../../core/moderation.ts";

/**
 * What the prompt reader makes of a prompt: log-odds by label. Of VIOLATION, that it breaks some rule; of a category, that
 * it breaks one of that. Empty for a prompt that it cannot read.
 */
export type Reading = Readonly<Record<string, number>>;

/** Throws what says too little to be trusted: an answer with something else than numbers, or without the one that counts. */
export function checkReading(reading: Reading): void {
  const values = Object.values(reading);
  if (!values.every(Number.isFinite) || (values.length > 0 && reading.VIOLATION === undefined)) {
    throw new Error("the prompt reader gave no numbers");
  }
}

/** That a prompt breaks some rule; 0 where the reader says nothing. */
export function logOddsOf(reading: Reading): number {
  return reading.VIOLATION ?? 0;
}

/** What a prompt breaks, where the reader finds a category likelier than not; OTHER where it does not. */
export function categoryOf(reading: Reading): Category {
  const oddsOf = (category: Category) => reading[category] ?? Number.NEGATIVE_INFINITY;
  const likeliest = categories.reduce((best, category) => (oddsOf(category) > oddsOf(best) ? category : best));
  return oddsOf(likeliest) > 0 ? likeliest : "OTHER";
}

/**
 * Log-odds from which on a category that cannot be turned off is suspected of a prompt of which something else is found, about
 * one in eight: what else a prompt asks for draws down the odds of what it hides.
 */
const suspectedOdds = -2;

/** Of the categories that cannot be turned off, those that the reader suspects beside whatever else is found. */
export function suspectedOf(reading: Reading): Category[] {
  return unadjustable.filter((category) => (reading[category] ?? Number.NEGATIVE_INFINITY) > suspectedOdds);
}
