import { hasRole, type Viewer } from "../core/account.ts";
import type { Act } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { sourceIdsOf } from "../core/edit.ts";
import { Refused } from "../core/errors.ts";
import { isId } from "../core/id.ts";
import { type Category, isUnadjustable, type Stage, type StageVerdict } from "../core/moderation.ts";
import { checkText } from "../core/text.ts";
import type { Originals } from "../delivery/originals.ts";
import { type Case, findCase, isUndecided, moveCase, openCase, openReport } from "../store/cases.ts";
import type { Database } from "../store/database.ts";
import { type Edit, findEdit } from "../store/edits.ts";
import {
  blockImageStatements,
  deleteImageStatements,
  findImage,
  findImages,
  findImagesByEdits,
  holdersOf,
  type Image,
} from "../store/images.ts";
import { strikeStatements } from "../store/moderation-outcomes.ts";
import type { Statement } from "../store/statement.ts";
import { evidenceOfHold, evidenceOfReport } from "./case-evidence.ts";
import type { EditDesk } from "./desk.ts";
import type { Gallery } from "./gallery.ts";
import type { Incidents } from "./incidents.ts";
import { type Commit, isOvertaken, type Moves } from "./moves.ts";
import { Traveller } from "./traveller.ts";

export interface CaseDeskOptions {
  readonly db: Database;
  readonly desk: EditDesk;
  readonly moves: Moves;
  readonly gallery: Gallery;
  readonly originals: Originals;
  readonly incidents: Incidents;
  readonly clock: Clock;
  /** A case was opened. */
  readonly onCase: (caseId: string) => void;
  /** After a refusal was counted against an account. */
  readonly onStrikes: (accountId: string) => void;
}

export const caseActions = ["APPROVE", "REJECT", "ESCALATE"] as const;
export type CaseAction = (typeof caseActions)[number];

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
    checkText("statement", statement, charactersMax);
    const edit = await this.#options.desk.find(viewer, editId);
    if (edit.status !== "REFUSED" || edit.verdict === null)
      throw new Refused("BAD_INPUT", `edit ${editId} is ${edit.status}; only a refusal can be appealed`);
    if (!edit.verdict.appealable)
      throw new Refused("FORBIDDEN", `a refusal for ${edit.verdict.category} cannot be appealed`);
    const { stage, category } = edit.verdict;
    const appeal = { kind: "APPEAL", accountId: edit.accountId, editId, stage, category, statement } as const;
    const id = await openCase(this.#options.db, appeal, this.#actOf(viewer));
    if (id === undefined)
      throw new Refused("BAD_INPUT", `edit ${editId} was appealed already; a refusal is looked at once`);
    this.#options.onCase(id);
    return this.find(id);
  }

  /**
   * Tells the moderators of a picture that should not be. While an earlier report of it by the same account waits to be
   * decided, it is that one, as it was.
   */
  async report(viewer: Viewer, imageId: string, category: Category, statement: string): Promise<Case> {
    checkText("statement", statement, charactersMax);
    const { db, gallery, onCase } = this.#options;
    const { accountId } = viewer;
    await gallery.mustOwn(accountId, imageId);
    const report = { kind: "REPORT", accountId, imageId, category, statement } as const;
    const { id, isNew } = await openReport(db, report, this.#actOf(viewer));
    if (isNew) onCase(id);
    return this.find(id);
  }

  async find(caseId: string): Promise<Case> {
    const found = isId(caseId) ? await findCase(this.#options.db, caseId) : null;
    if (found === null) throw new Refused("NOT_FOUND", `there is no case "${caseId.slice(0, 40)}"`);
    return found;
  }

  /**
   * Takes a case, so that two moderators do not work on one. Throws `Refused` FORBIDDEN for one of their own that they may
   * not decide: nobody else could either.
   */
  async claim(moderator: Viewer, caseId: string): Promise<Case> {
    const { db, clock } = this.#options;
    const found = await this.find(caseId);
    mustBeAnothers(moderator, found);
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
   * somebody else has claimed is theirs; administrators may decide that one too. Nobody decides an appeal of their own, nor
   * a case of their own over child abuse or intimate imagery.
   */
  async resolve(moderator: Viewer, caseId: string, action: CaseAction, reason: string): Promise<Case> {
    checkText("reason", reason, charactersMax);
    const found = await this.find(caseId);
    mayDecide(moderator, found, action);
    const edit = found.editId === null ? undefined : await findEdit(this.#options.db, found.editId);
    const decision = { moderator, found, action, reason };
    if (action === "ESCALATE") await this.#decide(decision);
    else if (edit === undefined || found.kind === "REPORT") await this.#decideReport(decision);
    else if (action === "APPROVE" && isAwaiting(edit, found)) await this.#approve(decision, edit);
    else await this.#refuse(decision, edit);
    return this.find(caseId);
  }

  /**
   * Lets a picture be served and edited again that an upheld report or an incident has blocked. Returns false when it is
   * not blocked. Throws `Refused` NOT_FOUND, or FORBIDDEN for a picture of the moderator's own, or with the bytes of one.
   */
  async unblock(moderator: Viewer, imageId: string, reason: string): Promise<boolean> {
    checkText("reason", reason, charactersMax);
    const { db, gallery } = this.#options;
    const image = isId(imageId) ? await findImage(db, imageId) : null;
    if (image === null) throw new Refused("NOT_FOUND", `there is no image "${imageId.slice(0, 40)}"`);
    const { accountIds } = await holdersOf(db, image.digest);
    if (accountIds.includes(moderator.accountId))
      throw new Refused("FORBIDDEN", "nobody unblocks a picture of their own: another moderator must");
    return gallery.unblock(image, reason, moderator.accountId);
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
    const { moves, desk } = this.#options;
    const { found } = decision;
    const traveller = new Traveller({ ...edit });
    const held = await this.#heldFor(found, edit);
    if (held.length > 0) {
      const imageIds = held.map(({ id }) => id);
      return this.#decide(decision, async (commit) => {
        try {
          await moves.released(traveller, imageIds, commit);
        } catch (error) {
          if (isOvertaken(error)) await this.#mustWorkOnUnblocked(edit);
          throw error;
        }
      });
    }
    const stage = (found.stage ?? "PROMPT") as Stage;
    const approved = [...new Set([...edit.approvedStages, stage])];
    await this.#decide(decision, (commit) => moves.resumed(traveller, approved, commit));
    desk.goOn(traveller);
  }

  /** Says why a result was not let out, where a picture that it was made of is blocked. */
  async #mustWorkOnUnblocked({ id, request }: Edit): Promise<void> {
    const sources = await findImages(this.#options.db, sourceIdsOf(request));
    if (sources.every(({ blockedAt }) => blockedAt === null)) return;
    throw new Refused(
      "CONTENT_REFUSED",
      `a picture that edit ${id} works on is blocked: reject its result, or unblock that first`,
    );
  }

  /**
   * What was held is refused, and what waited for the case although its account had called it off or deleted it goes: a held
   * result with its row. What a person has found to be child abuse is kept instead. A refusal counts, called off or not.
   */
  async #refuse(decision: Decision, edit: Edit): Promise<void> {
    const { gallery, incidents, originals, onStrikes } = this.#options;
    const { found, action } = decision;
    const held = await this.#heldFor(found, edit);
    const isAbuse = action === "REJECT" && found.kind === "HOLD" && found.category === "CSAM";
    const evidence = isAbuse ? await evidenceOfHold(this.#options, found, edit, held) : [];
    // One that is blocked, by what has the same bytes, is kept as well.
    const deleted = held.filter((one) => one.blockedAt === null && !evidence.some(({ image }) => image?.id === one.id));
    const deletions = deleted.flatMap((image) => deleteImageStatements(image, this.#act(decision)));
    const isCalledOff = action === "REJECT" && found.kind === "HOLD" && edit.status === "CANCELLED";
    const strike = { accountId: found.accountId, category: found.category as Category };
    const strikes = isCalledOff ? strikeStatements(edit.id, [strike], this.#act(decision).at) : [];
    const refusing = originals.storing(async (put) => {
      const kept = await incidents.keepDecided(evidence, decision.moderator.accountId, put);
      await this.#decide(decision, this.#refusal(decision, edit, [...kept, ...deletions, ...strikes]));
    });
    // What is stored is counted, so also where the database stored it without an answer.
    await refusing.finally(() => isCalledOff && onStrikes(found.accountId));
    await Promise.all([...deleted.map((image) => gallery.dropBytes(image)), gallery.dropSources(edit.request)]);
  }

  /** The move of an edit that waits to be refused; of any other there is none. */
  #refusal({ found }: Decision, edit: Edit, besides: readonly Statement[]): (commit: Commit) => Promise<void> {
    if (found.kind !== "HOLD" || !isAwaiting(edit, found)) return alone(besides);
    const verdict: StageVerdict = { ...edit.verdict!, verdict: "REFUSE", appealable: false };
    return (commit) =>
      this.#options.moves.rejected(new Traveller({ ...edit }), verdict, (move) => commit([...move, ...besides]));
  }

  /** The results that a case decides over: those of a hold of them alone, as long as they wait. */
  async #heldFor({ kind, stage }: Case, edit: Edit): Promise<readonly Image[]> {
    if (kind !== "HOLD" || stage !== "OUTPUT") return [];
    return (await findImagesByEdits(this.#options.db, [edit.id], "HELD")).get(edit.id) ?? [];
  }

  /** A report that is upheld blocks the picture; one of child abuse is kept as an incident, too. */
  async #decideReport(decision: Decision): Promise<void> {
    const { gallery, incidents, originals, db } = this.#options;
    const { found, action, reason, moderator } = decision;
    const image = found.imageId === null ? null : await findImage(db, found.imageId);
    const isUpheld = action === "APPROVE" && image !== null;
    const isServed = isUpheld && image.blockedAt === null;
    const evidence = isUpheld && found.category === "CSAM" ? [evidenceOfReport(gallery, image)] : [];
    await originals.storing(async (put) => {
      const kept = await incidents.keepDecided(evidence, moderator.accountId, put);
      const blocks = isServed && kept.length === 0 ? blockImageStatements(image, reason, this.#act(decision)) : [];
      await this.#decide(decision, alone([...kept, ...blocks]));
    });
    if (image !== null && image.deletedAt !== null) await gallery.dropBytes(image);
  }

  #act({ moderator }: Decision): Act {
    return { actor: moderator.accountId, at: this.#options.clock.date() };
  }

  #actOf({ keyId, accountId }: Viewer): Act {
    return { actor: keyId ?? accountId, at: this.#options.clock.date() };
  }
}

/** A decision that moves no edit, with what else belongs to it. */
function alone(besides: readonly Statement[] = []) {
  return async (commit: Commit): Promise<void> => {
    if (!(await commit(besides))) throw new Refused("CANCELLED", "what the case is about stands elsewhere by now");
  };
}

/** Whether an edit stands where a case found it: held or refused at the same stage. */
function isAwaiting({ status, verdict }: Edit, { kind, stage }: Case): boolean {
  return status === (kind === "APPEAL" ? "REFUSED" : "IN_REVIEW") && verdict?.stage === stage;
}

/** Throws `Refused` FORBIDDEN where a case is of the moderator's own account and for others alone. */
function mustBeAnothers(moderator: Viewer, { id, accountId, kind, category }: Case): void {
  if (accountId === moderator.accountId && (kind === "APPEAL" || isUnadjustable(category as Category)))
    throw new Refused("FORBIDDEN", `case ${id} is one of your own account: another moderator must decide it`);
}

function mayDecide(moderator: Viewer, found: Case, action: CaseAction): void {
  if (!isUndecided(found.status))
    throw new Refused("BAD_INPUT", `case ${found.id} was decided already: ${found.status}`);
  if (action !== "ESCALATE") mustBeAnothers(moderator, found);
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
