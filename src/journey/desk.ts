import type { Viewer } from "../core/account.ts";
import { isSettled, isUnfinished } from "../core/edit.ts";
import { Refused } from "../core/errors.ts";
import { isId } from "../core/id.ts";
import type { Database } from "../store/database.ts";
import { type Edit, findEdit, findEdits, unfinishedEdits } from "../store/edits.ts";
import { isPassing } from "../store/faults.ts";
import type { Journey } from "./journey.ts";
import { isOvertaken, type Moves } from "./moves.ts";
import type { EditWish } from "./plan.ts";
import type { Idempotency, Planner } from "./planner.ts";
import { Traveller } from "./traveller.ts";

export interface EditDeskOptions {
  readonly db: Database;
  readonly planner: Planner;
  readonly journey: Journey;
  readonly moves: Moves;
}

/** Where edits are handed in, called off and asked after. */
export class EditDesk {
  readonly #options: EditDeskOptions;
  #open = true;
  /** Ids of stranded edits that were looked for once and not there. */
  #missed: ReadonlySet<string> = new Set();

  constructor(options: EditDeskOptions) {
    this.#options = options;
  }

  get planner(): Planner {
    return this.#options.planner;
  }

  /** Accepts an edit and sends it on its way; returns when it is stored. Throws as `Planner.accept`. */
  async submit(viewer: Viewer, wish: EditWish, idempotency?: Idempotency): Promise<Edit> {
    this.#mustBeOpen();
    const { edit, isNew, papers } = await this.#options.planner.accept(viewer, wish, idempotency);
    if (isNew) this.#options.journey.start(new Traveller({ ...edit }, papers));
    return edit;
  }

  /** Runs the recipe of an earlier edit again, as a new one. Throws as `Planner.acceptRerun`, or NOT_FOUND. */
  async rerun(viewer: Viewer, editId: string): Promise<Edit> {
    this.#mustBeOpen();
    const { edit, papers } = await this.#options.planner.acceptRerun(viewer, await this.find(viewer, editId));
    this.#options.journey.start(new Traveller({ ...edit }, papers));
    return edit;
  }

  /** An edit of the account's own; throws `Refused` NOT_FOUND for any other. */
  async find(viewer: Viewer, editId: string): Promise<Edit> {
    const edit = isId(editId) ? await findEdit(this.#options.db, editId) : undefined;
    if (edit === undefined || edit.accountId !== viewer.accountId)
      throw new Refused("NOT_FOUND", `there is no edit "${editId.slice(0, 40)}"`);
    return edit;
  }

  /**
   * Calls an edit off, wherever it stands; one that has come to its end is left as it is. A result that is held stays so
   * until its case is decided: calling off hides nothing. Returns what became of the edit.
   */
  async cancel(viewer: Viewer, editId: string): Promise<Edit> {
    const { journey, moves } = this.#options;
    await this.find(viewer, editId);
    const actor = viewer.keyId ?? viewer.accountId;
    await journey.cancel(editId, actor);
    const edit = await this.find(viewer, editId);
    if (isSettled(edit.status) || journey.find(editId) !== undefined) return edit;
    await moves.cancelled(new Traveller({ ...edit }), actor).catch((error: unknown) => {
      if (!isOvertaken(error)) throw error;
    });
    return this.find(viewer, editId);
  }

  /** Sends an edit on that people have let go on. */
  goOn(traveller: Traveller): void {
    this.#options.journey.start(traveller);
  }

  /** Has an edit looked at again of which the database did not say whether it was stored or moved. */
  lookAgain(editId: string): void {
    this.#options.journey.stranded.add(editId);
  }

  /** What an earlier life of the server left unfinished, oldest first. To be read before anything is accepted. */
  unfinished(): Promise<Edit[]> {
    return unfinishedEdits(this.#options.db);
  }

  /** Lets edits begin anew; all of them are under way when it returns. */
  takeUp(edits: readonly Edit[]): void {
    const { journey } = this.#options;
    for (const edit of edits) if (journey.find(edit.id) === undefined) journey.start(new Traveller({ ...edit }));
  }

  /**
   * Lets edits begin anew whose moves could not be stored; of a move that was stored without an answer, and that leaves
   * nothing to begin, the rest is done. Throws while the database does not answer.
   */
  async takeUpStranded(): Promise<void> {
    const { db, journey, moves } = this.#options;
    const ids = [...journey.stranded];
    if (ids.length === 0) return;
    const edits = (await findEdits(db, ids)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const atRest = edits.filter(({ status }) => !isUnfinished(status));
    const found = new Set(edits.map(({ id }) => id));
    // A commit without an answer may still be on its way: what is not there is looked for once more.
    this.#missed = new Set(ids.filter((id) => !found.has(id) && !this.#missed.has(id)));
    // What is at rest waits on until its turn has come, for the database may fall silent again.
    const waiting = new Set([...this.#missed, ...atRest.map(({ id }) => id)]);
    for (const id of ids) if (!waiting.has(id)) journey.stranded.delete(id);
    this.takeUp(edits.filter(({ status }) => isUnfinished(status)));
    for (const edit of atRest) {
      await moves.caughtUp(edit).catch((error: unknown) => {
        if (isPassing(error)) throw error;
        moves.reportFault(new Traveller({ ...edit }), error);
      });
      journey.stranded.delete(edit.id);
    }
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new Refused("QUEUE_FULL", "the server is stopping; try again in a few seconds", [], 5000);
  }

  /** Accepts nothing more, and lets go of what is under way. */
  async close(): Promise<void> {
    this.#open = false;
    await this.#options.journey.leave();
  }
}
