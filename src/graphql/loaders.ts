import DataLoader from "dataloader";
import { findAccounts } from "../store/accounts.ts";
import { type CaseStatus, findAppeals } from "../store/cases.ts";
import type { Database } from "../store/database.ts";
import { type Edit, findEdits } from "../store/edits.ts";
import { findImages, findImagesByEdits, type Image } from "../store/images.ts";
import { findKeys } from "../store/keys.ts";
import { findProvenances, type Provenance } from "../store/provenance.ts";

/** One set for each request: loads of one turn become one query, and nobody sees what another asked for. */
export interface Loaders {
  readonly images: DataLoader<string, Image | undefined>;
  /** Looked up anew in every turn: what a mutation moves, the next one of the same request shows as it is then. */
  readonly edits: DataLoader<string, Edit | undefined>;
  /** Where an edit's appeal stands; looked up anew as edits are. */
  readonly appeals: DataLoader<string, CaseStatus | undefined>;
  /** By the picture that was made. */
  readonly provenances: DataLoader<string, Provenance | undefined>;
  /** Results by the edit that made them, in order. */
  readonly outputs: DataLoader<string, readonly Image[]>;
  /** What accounts and keys are called, by their ids; null for an id of neither. */
  readonly names: DataLoader<string, string | null>;
}

/** A local database answers without a turn of the event loop: batch upon batch would keep everybody else waiting. */
const inTurn = { batchScheduleFn: (begin: () => void) => setImmediate(begin) };

export function createLoaders(db: Database): Loaders {
  return {
    images: new DataLoader(async (ids) => {
      const found = new Map((await findImages(db, ids)).map((image) => [image.id, image]));
      return ids.map((id) => found.get(id));
    }, inTurn),
    edits: new DataLoader(
      async (ids) => {
        const found = new Map((await findEdits(db, [...new Set(ids)])).map((edit) => [edit.id, edit]));
        return ids.map((id) => found.get(id));
      },
      { ...inTurn, cache: false },
    ),
    appeals: new DataLoader(
      async (editIds) => {
        const found = await findAppeals(db, [...new Set(editIds)]);
        return editIds.map((id) => found.get(id));
      },
      { ...inTurn, cache: false },
    ),
    provenances: new DataLoader(async (imageIds) => {
      const found = new Map((await findProvenances(db, imageIds)).map((made) => [made.imageId, made]));
      return imageIds.map((id) => found.get(id));
    }, inTurn),
    names: new DataLoader(async (ids) => {
      const keys = await findKeys(db, ids);
      const accounts = await findAccounts(db, [...ids, ...keys.map(({ accountId }) => accountId)]);
      const names = new Map(accounts.map(({ id, name }) => [id, name]));
      for (const { id, name, accountId } of keys) names.set(id, `${names.get(accountId)} (key "${name}")`);
      return ids.map((id) => names.get(id) ?? null);
    }, inTurn),
    outputs: new DataLoader(async (editIds) => {
      const found = await findImagesByEdits(db, editIds);
      return editIds.map((id) => found.get(id) ?? []);
    }, inTurn),
  };
}
