import type { Clock } from "../core/clock.ts";
import { checkMove, type EditStatus, isSettled, sourceIdsOf } from "../core/edit.ts";
import { Failed, Refused } from "../core/errors.ts";
import { newId } from "../core/id.ts";
import type { Category, Stage, StageVerdict } from "../core/moderation.ts";
import type { Estimate } from "../scheduler/job.ts";
import { findHold } from "../store/cases.ts";
import type { Database } from "../store/database.ts";
import { type Edit, eventsOf, raiseAttempts, takeNumbers } from "../store/edits.ts";
import { isPassing } from "../store/faults.ts";
import { moveStatements } from "../store/move-edit.ts";
import type { Statement } from "../store/statement.ts";
import { usageStatements } from "../store/usage.ts";
import type { FinishedPicture } from "./finish.ts";
import { type Judgement, refusedCategories } from "./moderate.ts";
import { type Belongings, countsOf, entriesOf } from "./move-traces.ts";
import type { ProgressFeed } from "./progress-feed.ts";
import type { EventBody, JourneyEdit, Traveller } from "./traveller.ts";

export interface MovesOptions {
  readonly db: Database;
  readonly feed: ProgressFeed;
  readonly clock: Clock;
  /** After refusals were counted against an account: it may have to be suspended. */
  readonly onStrikes: (accountId: string) => void;
  /** An edit has come to its end; waited for, and never rejects. */
  readonly onSettled: (edit: JourneyEdit) => Promise<void>;
  /** The database did not say whether an edit was moved. */
  readonly onUnanswered: (editId: string) => void;
  /** A hold has become a case. */
  readonly onCase: (caseId: string) => void;
  readonly log: (message: string, fields: object) => void;
}

/** Stores a move, perhaps with what it is a part of; false when something of it stands elsewhere by now. */
export type Commit = (statements: readonly Statement[]) => Promise<boolean>;

/** What the audit log says of a move besides. */
interface Traced {
  /** "server" when it is left out. */
  readonly actor?: string;
  readonly category?: Category;
}

/**
 * Every move that an edit can make: stored with all that belongs to it in one transaction, and only then told. The events
 * come from here and from nowhere else.
 */
export class Moves {
  readonly feed: ProgressFeed;
  readonly #options: MovesOptions;

  constructor(options: MovesOptions) {
    this.#options = options;
    this.feed = options.feed;
  }

  /** Prompt and sources have passed. */
  async queued(traveller: Traveller, { outcomes }: Judgement, estimate: Estimate | undefined): Promise<void> {
    const queuedAt = this.#options.clock.date();
    await this.#move(traveller, "QUEUED", [queuedEvent(estimate)], { outcomes, patch: { queuedAt } });
  }

  /** A start found it in the middle of being made: it begins anew. */
  async requeued(traveller: Traveller, estimate: Estimate | undefined): Promise<void> {
    await this.#move(traveller, "QUEUED", [queuedEvent(estimate)]);
  }

  /** The engine begins. Numbers are kept free for its steps, so that a crash gives none of them twice. */
  async running(traveller: Traveller, batchSize: number): Promise<void> {
    const { edit } = traveller;
    const { width, height } = edit.request.bucket;
    const event: EventBody = { kind: "started", batchSize, bucket: `${width}x${height}` };
    const eventSeq = edit.eventSeq + 1 + stepsOf(traveller);
    await this.#move(traveller, "RUNNING", [event], { patch: { startedAt: this.#options.clock.date(), eventSeq } });
    traveller.keptUntil = eventSeq;
  }

  async finishing(traveller: Traveller): Promise<void> {
    await this.#move(traveller, "FINISHING", []);
  }

  /** Throws as for a move that somebody else was first with, too, when a picture that the edit works on is blocked. */
  async succeeded(traveller: Traveller, { outcomes }: Judgement, results: readonly FinishedPicture[]): Promise<void> {
    const completed: EventBody = { kind: "completed", imageIds: results.map(({ image }) => image.id) };
    await this.#move(traveller, "SUCCEEDED", [completed], {
      outcomes,
      images: results.map(({ image }) => image),
      provenance: results.map(({ provenance }) => provenance),
      unblocked: sourceIdsOf(traveller.edit.request),
      patch: { finishedAt: this.#options.clock.date(), verdict: null },
    });
  }

  /**
   * A filter refused it, or a person must look; what a person must look at is kept as HELD, and opens a case.
   *
   * @param results of a held output
   * @param besides stored with it: what the law wants kept
   */
  async halted(
    traveller: Traveller,
    judged: Judgement,
    results: readonly FinishedPicture[] = [],
    besides: readonly Statement[] = [],
  ): Promise<void> {
    const { accountId } = traveller.edit;
    const { told, outcomes } = judged;
    if (told === undefined) throw new Error("assertion: what does not pass says why");
    const refused = told.verdict === "REFUSE";
    const status = refused ? "REFUSED" : "IN_REVIEW";
    const categories: readonly Category[] = refused ? refusedCategories(outcomes) : [];
    const caseId = newId(this.#options.clock.date());
    const hold = { id: caseId, kind: "HOLD", accountId, stage: told.stage, category: told.category } as const;
    await this.#move(
      traveller,
      status,
      [{ kind: "moderated", status, verdict: told }],
      {
        outcomes,
        patch: { verdict: told, finishedAt: refused ? this.#options.clock.date() : null },
        images: results.map(({ image }) => ({ ...image, kind: "HELD" as const })),
        provenance: results.map(({ provenance }) => provenance),
        strikes: categories.map((category) => ({ accountId, category })),
        cases: refused ? [] : [hold],
      },
      { category: told.category },
      (move) => this.#options.db.batch([...move, ...besides]),
    );
    if (!refused) this.#options.onCase(caseId);
    if (categories.length > 0) this.#options.onStrikes(accountId);
  }

  /** A moderator let a held result out. Throws as `succeeded` does. */
  async released(traveller: Traveller, imageIds: readonly string[], commit: Commit): Promise<void> {
    const completed: EventBody = { kind: "completed", imageIds };
    const belongings = {
      releasesHeld: true,
      unblocked: sourceIdsOf(traveller.edit.request),
      patch: { finishedAt: this.#options.clock.date(), verdict: null },
    };
    await this.#move(traveller, "SUCCEEDED", [completed], belongings, {}, commit);
  }

  /** A moderator let the edit go on; in these stages a refusal that may be appealed no longer stands. */
  async resumed(traveller: Traveller, approvedStages: readonly Stage[], commit: Commit): Promise<void> {
    const patch = { approvedStages, verdict: null, finishedAt: null };
    await this.#move(traveller, "MODERATING", [{ kind: "resumed" }], { patch }, {}, commit);
    traveller.edit.approvedStages = approvedStages;
  }

  /** A moderator refused what was held; that counts against its account as a filter's refusal does. */
  async rejected(traveller: Traveller, verdict: StageVerdict, commit: Commit): Promise<void> {
    const { accountId } = traveller.edit;
    const { category } = verdict;
    await this.#move(
      traveller,
      "REFUSED",
      [{ kind: "moderated", status: "REFUSED", verdict }],
      { patch: { verdict, finishedAt: this.#options.clock.date() }, strikes: [{ accountId, category }] },
      { category },
      commit,
    );
    this.#options.onStrikes(accountId);
  }

  async failed(traveller: Traveller, error: Refused | Failed): Promise<void> {
    const { code, message } = error;
    const retryable = error instanceof Failed && error.retryable;
    await this.#move(traveller, "FAILED", [{ kind: "failed", code, message, retryable }], {
      patch: {
        errorCode: code,
        errorMessage: message,
        errorRetryable: retryable,
        finishedAt: this.#options.clock.date(),
      },
    });
  }

  /** @param actor who called it off */
  async cancelled(traveller: Traveller, actor: string): Promise<void> {
    const belongings = { patch: { finishedAt: this.#options.clock.date(), verdict: null } };
    await this.#move(traveller, "CANCELLED", [{ kind: "cancelled" }], belongings, { actor });
  }

  async expired(traveller: Traveller): Promise<void> {
    await this.#move(traveller, "EXPIRED", [{ kind: "expired" }], {
      patch: { finishedAt: this.#options.clock.date() },
    });
  }

  /** What follows a move that was stored without an answer, by which an edit has come to rest. */
  async caughtUp(edit: Edit): Promise<void> {
    const { db, onStrikes, onSettled, onCase } = this.#options;
    const { id, accountId, status } = edit;
    const event = (await eventsOf(db, id)).at(-1);
    if (event !== undefined) this.feed.publish({ accountId, event });
    if (status === "REFUSED") onStrikes(accountId);
    const caseId = status === "IN_REVIEW" ? await findHold(db, id) : null;
    if (caseId !== null) onCase(caseId);
    if (isSettled(status)) await onSettled(edit);
  }

  /** Tells of a step of an edit that runs. It is not stored, but its number is stored as taken before it is told. */
  async tell(traveller: Traveller, body: EventBody): Promise<void> {
    const { edit } = traveller;
    if (edit.eventSeq >= traveller.keptUntil) await traveller.inTurn(() => this.#keepMoreNumbers(traveller));
    if (edit.status !== "RUNNING" || edit.eventSeq >= traveller.keptUntil) return;
    const event = traveller.number(body, this.#options.clock.date());
    this.feed.publish({ accountId: edit.accountId, event });
  }

  /** Pictures that are begun anew, after a death of the engine, tell of more steps than were reckoned with. */
  async #keepMoreNumbers(traveller: Traveller): Promise<void> {
    const { edit } = traveller;
    // Another step may have waited for the same.
    if (edit.status !== "RUNNING" || edit.eventSeq < traveller.keptUntil) return;
    const until = edit.eventSeq + stepsOf(traveller);
    if (await takeNumbers(this.#options.db, edit.id, until)) traveller.keptUntil = until;
  }

  /** @param deaths of the engine while it worked on one of the edit's pictures, earlier lives of the server included */
  died(traveller: Traveller, deaths: number): void {
    const { edit } = traveller;
    edit.attempts = Math.max(edit.attempts, deaths);
    raiseAttempts(this.#options.db, edit.id, edit.attempts).catch((error) => this.reportFault(traveller, error));
  }

  /** The engine has worked on an edit. Its next move counts that; after the last one it is stored by itself. */
  worked(traveller: Traveller, ms: number): void {
    traveller.work(ms);
    if (!isSettled(traveller.edit.status)) return;
    traveller.inTurn(() => this.#countWork(traveller)).catch((error) => this.reportFault(traveller, error));
  }

  async #countWork(traveller: Traveller): Promise<void> {
    const { accountId, status } = traveller.edit;
    const engineMs = traveller.workedMs;
    // The move that was under way has counted it, or was undone, and then another one will.
    if (engineMs === 0 || !isSettled(status)) return;
    await this.#options.db.batch(usageStatements([{ accountId, at: this.#options.clock.date(), engineMs }]));
    traveller.work(-engineMs);
  }

  /** The database did not answer: the edit stands where it stood. */
  reportStranded({ edit }: Traveller, error: unknown): void {
    this.#options.log("an edit could not be stored and will be taken up again", { editId: edit.id, err: error });
  }

  reportFault({ edit }: Traveller, error: unknown): void {
    this.#options.log("an edit met a fault of ours", { editId: edit.id, err: error });
  }

  /** Throws `Refused` CANCELLED when somebody else moved the edit meanwhile. */
  #move(
    traveller: Traveller,
    to: EditStatus,
    bodies: readonly EventBody[],
    belongings: Belongings = {},
    traced: Traced = {},
    commit: Commit = (statements) => this.#options.db.batch(statements),
  ): Promise<void> {
    return traveller.inTurn(() => this.#store(traveller, to, bodies, belongings, traced, commit));
  }

  async #store(
    traveller: Traveller,
    to: EditStatus,
    bodies: readonly EventBody[],
    belongings: Belongings,
    traced: Traced,
    commit: Commit,
  ): Promise<void> {
    const { edit } = traveller;
    const { clock } = this.#options;
    checkMove(edit.status, to);
    const at = clock.date();
    const events = bodies.map((body) => traveller.number(body, at));
    const { id: subjectId, accountId } = edit;
    const about = { actor: "server", subjectKind: "edit", subjectId, accountId, ...traced } as const;
    const audit = entriesOf(about, edit.status, to, belongings);
    const usage = { accountId, ...countsOf(to, belongings), engineMs: traveller.workedMs };
    // Told first to ourselves: the steps of an engine that has begun must find the new status.
    const from = edit.status;
    edit.status = to;
    const moved = await commit(moveStatements(edit.id, { ...belongings, to, at, events, usage, audit })).catch(
      (error) => {
        edit.status = from;
        if (isPassing(error)) this.#options.onUnanswered(edit.id);
        throw error;
      },
    );
    if (!moved) {
      edit.status = from;
      throw new Refused("CANCELLED", `the edit was moved from ${from} by another`);
    }
    traveller.work(-usage.engineMs);
    for (const event of events) this.feed.publish({ accountId: edit.accountId, event });
    if (isSettled(to)) await this.#options.onSettled(edit);
  }
}

/** Whether a move was not stored because somebody else was first. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof Refused && error.code === "CANCELLED";
}

/** Steps of all of an edit's pictures. */
function stepsOf({ edit: { request } }: Traveller): number {
  return request.count * request.steps;
}

function queuedEvent(estimate: Estimate | undefined): EventBody {
  const { low = 0, likely = 0, high = 0 } = estimate?.end ?? {};
  const rounded = [likely, low, high].map(Math.round) as [number, number, number];
  return {
    kind: "queued",
    position: estimate?.position ?? 0,
    etaMs: rounded[0],
    etaMsMin: rounded[1],
    etaMsMax: rounded[2],
  };
}
