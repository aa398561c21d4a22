import DataLoader from "dataloader";
import type { Database } from "../store/database.ts";
import { findImages, findImagesByEdits, type Image } from "../store/images.ts";

/** One set for each request: loads of one turn become one query, and nobody sees what another asked for. */
export interface Loaders {
  readonly images: DataLoader<string, Image | undefined>;
  /** Results by the edit that made them, in order. */
  readonly outputs: DataLoader<string, readonly Image[]>;
}

export function createLoaders(db: Database): Loaders {
  return {
    images: new DataLoader(async (ids) => {
      const found = new Map((await findImages(db, ids)).map((image) => [image.id, image]));
      return ids.map((id) => found.get(id));
    }),
    outputs: new DataLoader(async (editIds) => {
      const found = await findImagesByEdits(db, editIds);
      return editIds.map((id) => found.get(id) ?? []);
    }),
  };
}
