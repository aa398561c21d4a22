import type { Filter } from "./filter.ts";
import { promptFilter, type Rules } from "./prompt-filter.ts";

/** What filters are made of. */
export interface FilterParts {
  readonly rules: Rules;
}

/** Every configured filter, hash lists first. `filtersFor` adds manual review where a model's licence needs it. */
export async function createFilters({ rules }: FilterParts): Promise<readonly Filter[]> {
  return [promptFilter(rules)];
}
