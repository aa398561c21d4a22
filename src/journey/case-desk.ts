import { hasRole, type Viewer } from "../core/account.ts";
import type { Act } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { isId } from "../core/id.ts";
import type { Category, Stage, StageVerdict } from "../core/moderation.ts";
import { type Case, findCase, moveCase, openCase } from "../store/cases.ts";
import type { Database } from "../store/database.ts";
import { type Edit, findEdit } from "../store/edits.ts";
import { blockImageStatements, deleteImageStatements, findImage, findImagesByEdits } from "../store/images.ts";
import type { Statement } from "../store/statement.ts";
import type { EditDesk } from "./desk.ts";
import type { Gallery } from "./gallery.ts";
import { type Commit, isOvertaken, type Moves } from "./moves.ts";
import { Traveller } from "./traveller.ts";

export interface CaseDeskOptions {
  readonly db: Database;
  readonly desk: EditDesk;
  readonly moves: Moves;
  readonly gallery: Gallery;
  readonly clock: Clock;
  /** A case was opened. */
  readonly onCase: (caseId: string) => void;
}

export const caseActions = ["APPROVE", "REJECT", "ESCALATE"] as const;
export type CaseAction = (typeof caseActions)[number];

/** Statuses of cases that wait for somebody. */
const undecided = ["OPEN", "CLAIMED", "ESCALATED"] as const;

const charactersMax = 2_000;

interface Decision {
  readonly moderator: Viewer;
  readonly found: Case;
  readonly action: CaseAction;
  readonly reason: string;
}

/** Where people decide: holds, appeals and reports. */
export class CaseDesk {
  readonly #options: CaseDeskOptions;

  constructor(options: CaseDeskOptions) {
    this.#options = options;
  }

  /** Asks for a person to look at a refusal. Throws `Refused` where it may not be appealed or was before. */
  async appeal(viewer: Viewer, editId: string, statement: string): Promise<Case> {
    checkText("statement", statement);
    const edit = await this.#options.desk.find(viewer, editId);
    if (edit.status !== "REFUSED" || edit.verdict === null)
      throw new Refused("BAD_INPUT", `edit ${editId} is ${edit.status}; only a refusal can be appealed`);
    if (!edit.verdict.appealable)
      throw new Refused("FORBIDDEN", `a refusal for ${edit.verdict.category} cannot be appealed`);
    const { stage, category } = edit.verdict;
    return this.#open(viewer, { kind: "APPEAL", accountId: edit.accountId, editId, stage, category, statement });
  }

  /** Tells the moderators of a picture that should not be. */
  async report(viewer: Viewer, imageId: string, category: Category, statement: string): Promise<Case> {
    checkText("statement", statement);
    await this.#options.gallery.mustOwn(viewer.accountId, imageId);
    return this.#open(viewer, { kind: "REPORT", accountId: viewer.accountId, imageId, category, statement });
  }

  async find(caseId: string): Promise<Case> {
    const found = isId(caseId) ? await findCase(this.#options.db, caseId) : null;
    if (found === null) throw new Refused("NOT_FOUND", `there is no case "${caseId.slice(0, 40)}"`);
    return found;
  }

  /** Takes a case, so that two moderators do not work on one. */
  async claim(moderator: Viewer, caseId: string): Promise<Case> {
    const { db, clock } = this.#options;
    const found = await this.find(caseId);
    const move = { from: ["OPEN"], to: "CLAIMED", claimedBy: moderator.accountId, audit: "case.claimed" } as const;
    if (!(await moveCase(db, found, move, { actor: moderator.accountId, at: clock.date() })))
      throw new Refused(
        "BAD_INPUT",
        `case ${caseId} is ${(await this.find(caseId)).status}; only an open one can be claimed`,
      );
    return this.find(caseId);
  }

  /**
   * Decides a case. What was escalated is decided by another person than the one who escalated it, and a case that
   * somebody else has claimed is theirs; administrators may decide that one too.
   */
  async resolve(moderator: Viewer, caseId: string, action: CaseAction, reason: string): Promise<Case> {
    checkText("reason", reason);
    const found = await this.find(caseId);
    mayDecide(moderator, found, action);
    const edit = found.editId === null ? undefined : await findEdit(this.#options.db, found.editId);
    const decision = { moderator, found, action, reason };
    if (action === "ESCALATE") await this.#decide(decision);
    else if (edit === undefined || found.kind === "REPORT") await this.#decideReport(decision);
    else if (action === "APPROVE") await this.#approve(decision, edit);
    else await this.#reject(decision, edit);
    return this.find(caseId);
  }

  /**
   * Lets a picture be served and edited again that an upheld report or an incident has blocked. Returns false when it is
   * not blocked. Throws `Refused` NOT_FOUND, or FORBIDDEN for a picture of the moderator's own.
   */
  async unblock(moderator: Viewer, imageId: string, reason: string): Promise<boolean> {
    checkText("reason", reason);
    const { db, gallery } = this.#options;
    const image = isId(imageId) ? await findImage(db, imageId) : null;
    if (image === null) throw new Refused("NOT_FOUND", `there is no image "${imageId.slice(0, 40)}"`);
    if (image.accountId === moderator.accountId)
      throw new Refused("FORBIDDEN", "nobody unblocks a picture of their own: another moderator must");
    return gallery.unblock(imageId, reason, moderator.accountId);
  }

  async #open(viewer: Viewer, opened: Parameters<typeof openCase>[1]): Promise<Case> {
    const { db, clock, onCase } = this.#options;
    const act = { actor: viewer.keyId ?? viewer.accountId, at: clock.date() };
    const id = await openCase(db, opened, act);
    if (id === undefined)
      throw new Refused("BAD_INPUT", `edit ${opened.editId} was appealed already; a refusal is looked at once`);
    onCase(id);
    return this.find(id);
  }

  /** @param follows what becomes of that which is decided over: both are stored, or neither is */
  async #decide(decision: Decision, follows: (commit: Commit) => Promise<void> = alone()): Promise<void> {
    const { db } = this.#options;
    const { found, action, reason } = decision;
    const to = { APPROVE: "APPROVED", REJECT: "REJECTED", ESCALATE: "ESCALATED" } as const;
    const move = { from: [found.status], to: to[action], claimedBy: null, audit: "case.decided" } as const;
    try {
      await follows((besides) =>
        moveCase(db, found, { ...move, decision: { action, reason }, besides }, this.#act(decision)),
      );
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      const now = await findCase(db, found.id);
      if (now?.status === found.status)
        throw new Refused("BAD_INPUT", `what case ${found.id} is about changed meanwhile; look at it again`);
      throw new Refused("BAD_INPUT", `case ${found.id} is ${now?.status ?? "gone"} now; somebody else was first`);
    }
  }

  /** A held result is delivered as it is; anything else goes on, and what was approved is not asked again. */
  async #approve(decision: Decision, edit: Edit): Promise<void> {
    const { db, moves, desk } = this.#options;
    // Called off while it waited: nothing can go on.
    if (edit.status !== "IN_REVIEW" && edit.status !== "REFUSED") return this.#decide(decision);
    const traveller = new Traveller({ ...edit });
    const held = (await findImagesByEdits(db, [edit.id], "HELD")).get(edit.id) ?? [];
    if (edit.status === "IN_REVIEW" && held.length > 0) {
      const imageIds = held.map(({ id }) => id);
      return this.#decide(decision, (commit) => moves.released(traveller, imageIds, commit));
    }
    const stage = (decision.found.stage ?? "PROMPT") as Stage;
    const approved = [...new Set([...edit.approvedStages, stage])];
    await this.#decide(decision, (commit) => moves.resumed(traveller, approved, commit));
    desk.goOn(traveller);
  }

  /** What was held is refused, and a held result is deleted with it; its bytes go. */
  async #reject(decision: Decision, edit: Edit): Promise<void> {
    const { db, moves, gallery } = this.#options;
    if (edit.status !== "IN_REVIEW") return this.#decide(decision);
    const verdict: StageVerdict = { ...edit.verdict!, verdict: "REFUSE", appealable: false };
    const held = (await findImagesByEdits(db, [edit.id], "HELD")).get(edit.id) ?? [];
    const deletions = held.flatMap((image) => deleteImageStatements(image, this.#act(decision)));
    await this.#decide(decision, (commit) =>
      moves.rejected(new Traveller({ ...edit }), verdict, (move) => commit([...move, ...deletions])),
    );
    for (const image of held) await gallery.dropBytes(image);
  }

  /** A report that is upheld blocks the picture. */
  async #decideReport(decision: Decision): Promise<void> {
    const { found, action, reason } = decision;
    const named = action === "APPROVE" ? found.imageId : null;
    const image = named === null ? null : await findImage(this.#options.db, named);
    const isServed = image !== null && image.blockedAt === null;
    await this.#decide(decision, alone(isServed ? blockImageStatements(image, reason, this.#act(decision)) : []));
  }

  #act({ moderator }: Decision): Act {
    return { actor: moderator.accountId, at: this.#options.clock.date() };
  }
}

/** A decision that moves no edit, with what else belongs to it. */
function alone(besides: readonly Statement[] = []) {
  return async (commit: Commit): Promise<void> => {
    if (!(await commit(besides))) throw new Refused("CANCELLED", "what the case is about stands elsewhere by now");
  };
}

function mayDecide(moderator: Viewer, found: Case, action: CaseAction): void {
  if (!(undecided as readonly string[]).includes(found.status))
    throw new Refused("BAD_INPUT", `case ${found.id} was decided already: ${found.status}`);
  if (found.status === "ESCALATED") {
    if (action === "ESCALATE") throw new Refused("BAD_INPUT", `case ${found.id} is escalated already`);
    const escalator = found.decisions.findLast((decision) => decision.action === "ESCALATE");
    if (escalator?.moderatorId === moderator.accountId)
      throw new Refused("FORBIDDEN", "whoever escalated a case does not decide it: a second person must");
  }
  const claimedByOther = found.claimedBy !== null && found.claimedBy !== moderator.accountId;
  if (claimedByOther && !hasRole(moderator, "ADMIN"))
    throw new Refused("FORBIDDEN", `case ${found.id} is claimed by another moderator`);
}

function checkText(name: string, text: string): void {
  if (text.trim() === "" || text.length > charactersMax)
    throw new Refused("BAD_INPUT", `${name} has ${text.length} characters: 1 to ${charactersMax} are expected`);
}
