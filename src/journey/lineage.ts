import { nextTurn } from "../core/clock.ts";
import type { Database } from "../store/database.ts";
import { type Edit, editsFromImages, findEdits } from "../store/edits.ts";
import { findImages, findImagesByEdits } from "../store/images.ts";

/** Edits of a lineage at most; the nearest are found first. */
const editsMax = 200;

/**
 * The edits that a picture came from and those that went on from it, of its account alone, oldest first. Every edit's
 * sources are the parents of its results, so that they are a graph.
 */
export async function lineageOf(db: Database, accountId: string, imageId: string): Promise<Edit[]> {
  const edits = new Map<string, Edit>();
  const room = () => editsMax - edits.size;
  const keep = (found: readonly Edit[]) =>
    found.filter((edit) => {
      if (edits.has(edit.id) || edit.accountId !== accountId || room() === 0) return false;
      edits.set(edit.id, edit);
      return true;
    });
  let back: readonly string[] = [imageId];
  while (back.length > 0 && room() > 0) {
    // A local database answers without a turn of the event loop: generations would keep everybody else waiting.
    await nextTurn();
    const makers = (await findImages(db, back)).flatMap(({ editId }) => editId ?? []);
    back = keep(await findEdits(db, makers)).flatMap(({ request }) => request.imageIds);
  }
  let on: readonly string[] = [imageId];
  while (on.length > 0 && room() > 0) {
    await nextTurn();
    const next = keep(await editsFromImages(db, on, room()));
    const made = await findImagesByEdits(
      db,
      next.map(({ id }) => id),
    );
    on = [...made.values()].flat().map(({ id }) => id);
  }
  return [...edits.values()].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}
