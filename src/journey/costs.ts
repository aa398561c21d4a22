import { readFile } from "node:fs/promises";
import { Refused } from "../core/errors.ts";
import { writeWhole } from "../core/write-whole.ts";
import { CostBook, type CostKey } from "../scheduler/cost-book.ts";

/** What steps cost on this device, as the last life of the server learned it; an empty book for another device. */
export async function openCosts(file: string, key: CostKey): Promise<CostBook> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new Refused("BAD_INPUT", `${file}: cannot be read (${error.code ?? error.message})`);
  });
  if (text === undefined) return new CostBook(key);
  try {
    return CostBook.fromJSON(JSON.parse(text), key);
  } catch {
    // What was measured can be measured again; a damaged file must not keep the server down.
    return new CostBook(key);
  }
}

export async function saveCosts(file: string, costs: CostBook): Promise<void> {
  await writeWhole(file, `${JSON.stringify(costs)}\n`);
}
