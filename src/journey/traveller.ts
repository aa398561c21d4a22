import type { EditRequest, EditStatus } from "../core/edit.ts";
import { inTurn } from "../core/in-turn.ts";
import type { Stage } from "../core/moderation.ts";
import type { ProgressEvent } from "../core/progress.ts";
import type { Policy } from "../moderation/policy.ts";
import type { Account } from "../store/accounts.ts";
import type { Sources } from "./sources.ts";

/** An edit as the journey carries it. */
export interface JourneyEdit {
  readonly id: string;
  readonly accountId: string;
  status: EditStatus;
  readonly prompt: string;
  readonly request: EditRequest;
  /** What a person approved: of its filters the hash lists alone are asked again. */
  approvedStages: readonly Stage[];
  /** Deaths of the engine in its calls. */
  attempts: number;
  /** The last number given to an event. */
  eventSeq: number;
}

/** One event's own words; the rest is filled in when it gets its number. */
export type EventBody = ProgressEvent extends infer Event
  ? Event extends ProgressEvent
    ? Omit<Event, "editId" | "seq" | "at">
    : never
  : never;

export interface Stop {
  readonly why: "cancelled" | "expired" | "leaving" | "failed";
  readonly error?: unknown;
  /** Who cancelled it. */
  readonly actor?: string;
}

/** What an edit needs to know on its way. */
export interface Papers {
  readonly account: Account;
  readonly policy: Policy;
  readonly sources: Sources;
}

/** An edit under way: its numbers, and the one way to stop it. */
export class Traveller {
  readonly edit: JourneyEdit;
  readonly papers: Papers | undefined;
  /** Resolves when the edit has come to rest: settled, held, stranded, or left for the next start. Never rejects. */
  arrived: Promise<void> = Promise.resolve();
  /** The last number that is kept free for its steps. */
  keptUntil = 0;
  /** Moves of an edit are stored one after the other, whoever waits for them. */
  readonly inTurn = inTurn();
  readonly #controller = new AbortController();
  readonly #leaving = new AbortController();
  #stopped: Stop | undefined;
  #workedMs = 0;

  /** @param papers where they have been looked up already */
  constructor(edit: JourneyEdit, papers?: Papers) {
    this.edit = edit;
    this.papers = papers;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** For what filters judge: only the server's end breaks that off, for whoever calls an edit off is answerable for it too. */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  get stopped(): Stop | undefined {
    return this.#stopped;
  }

  /** The account calls it off, the server leaves it for its next start, or one of its pictures failed. The first counts. */
  stop(why: Stop["why"], more: Omit<Stop, "why"> = {}): void {
    this.#stopped ??= { why, ...more };
    this.#controller.abort();
    if (why === "leaving") this.#leaving.abort();
  }

  /** Milliseconds that the engine has worked on it and that no move has counted yet. */
  get workedMs(): number {
    return this.#workedMs;
  }

  /** The engine has worked on it; less than 0 once that is counted. */
  work(ms: number): void {
    this.#workedMs += ms;
  }

  /** Gives an event its number. */
  number(body: EventBody, at: Date): ProgressEvent {
    this.edit.eventSeq += 1;
    return { ...body, editId: this.edit.id, seq: this.edit.eventSeq, at: at.getTime() };
  }
}
