import { type Clock, nextTurn, pause } from "../core/clock.ts";
import { type EditRequest, isSettled } from "../core/edit.ts";
import { Failed, isExplained, Refused } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import { Shares } from "../core/shares.ts";
import type { Originals, Put } from "../delivery/originals.ts";
import type { Manifest } from "../model/manifest.ts";
import type { Filter } from "../moderation/filter.ts";
import { isPassing } from "../store/faults.ts";
import type { Denoiser, PictureStep } from "./denoiser.ts";
import type { FinishedPicture, Finisher } from "./finish.ts";
import type { Incidents } from "./incidents.ts";
import { despiteApproval, hashListsOf, type Judgement, judgeAll, promptContents, together } from "./moderate.ts";
import { isOvertaken, type Moves } from "./moves.ts";
import { pictureId } from "./plan.ts";
import type { Planner } from "./planner.ts";
import { drawPreview } from "./preview.ts";
import type { Standings } from "./standings.ts";
import type { JourneyEdit, Papers, Traveller } from "./traveller.ts";

export interface JourneyOptions {
  readonly moves: Moves;
  readonly planner: Planner;
  /** The model that is served. */
  readonly manifest: Pick<Manifest, "name" | "digest">;
  readonly filters: readonly Filter[];
  readonly denoiser: Denoiser;
  readonly finisher: Finisher;
  readonly originals: Originals;
  readonly incidents: Incidents;
  readonly standings: Standings;
  readonly clock: Clock;
}

/** Within which an idle engine has begun an edit: until then it is not stored that the edit waits. */
const quickStartMs = 20;

/**
 * Pixels of sources, 3 bytes each, that filters look at or wait to be shown: those of an edit are in memory until all of
 * them are judged, and a start takes up every edit that waits at the same moment.
 */
const judgedAtOnce = { max: 2 ** 27, accountMax: 2 ** 26 } as const;

/** The edit has been refused or held; that is recorded, and there is nothing more to do. */
class Halted extends Error {}

/**
 * The path of one edit: moderate, make, finish. Each move is stored before the next one, and before anything that it lets
 * be seen, so that a server that is killed at any moment takes every edit up again, with the same seed and so with the
 * same result. An edit that waited, ran or was being finished begins anew, so those moves are stored beside the work.
 */
export class Journey {
  readonly #options: JourneyOptions;
  readonly #travellers = new Map<string, Traveller>();
  readonly #judging = new Shares(judgedAtOnce);
  /** Ids of edits of which the database did not say what became of them; `EditDesk.takeUpStranded` looks. */
  readonly stranded = new Set<string>();
  #left = false;

  constructor(options: JourneyOptions) {
    this.#options = options;
  }

  /** Whether an edit is under way. */
  find(editId: string): Traveller | undefined {
    return this.#travellers.get(editId);
  }

  /** Sends an accepted edit on its way; returns at once. One that comes after `leave` waits for the next start. */
  start(traveller: Traveller): void {
    const { id } = traveller.edit;
    if (this.#left) traveller.stop("leaving");
    this.#travellers.set(id, traveller);
    traveller.arrived = this.#travel(traveller)
      .catch((error: unknown) => {
        this.stranded.add(id);
        this.#options.moves.reportStranded(traveller, error);
      })
      .finally(() => this.#travellers.delete(id));
  }

  /** Stops an edit and waits until that is stored; an edit that has come to rest is left as it is. */
  async cancel(editId: string, actor: string): Promise<void> {
    const traveller = this.#travellers.get(editId);
    traveller?.stop("cancelled", { actor });
    await traveller?.arrived;
  }

  async cancelAccount(accountId: string): Promise<void> {
    const theirs = [...this.#travellers.values()].filter(({ edit }) => edit.accountId === accountId);
    await Promise.all(theirs.map(({ edit }) => this.cancel(edit.id, "server")));
  }

  /** Lets go of everything: what is not settled stays stored as it is and goes on at the next start. */
  async leave(): Promise<void> {
    this.#left = true;
    this.#options.denoiser.close();
    const all = [...this.#travellers.values()];
    for (const traveller of all) traveller.stop("leaving");
    await Promise.all(all.map(({ arrived }) => arrived));
  }

  async #travel(traveller: Traveller): Promise<void> {
    try {
      // Accepted in the instant of its account's suspension, or left by an earlier life: what was under way is cancelled.
      if (this.#options.standings.isSuspended(traveller.edit.accountId)) traveller.stop("cancelled");
      traveller.signal.throwIfAborted();
      const papers = traveller.papers ?? (await this.#takeUp(traveller.edit));
      const queue = await this.#admit(traveller, papers);
      const { pictures, standing } = await this.#make(traveller, papers, queue);
      await this.#options.originals.storing((put) => this.#finish(traveller, standing, pictures, put));
    } catch (error) {
      if (error instanceof Halted || traveller.stopped?.why === "leaving") return;
      // Not the end of an edit: what was made is made again, and what was refused is refused again, and on record then.
      if (isPassing(error)) throw error;
      await this.#end(traveller, error);
    } finally {
      for (let i = 0; i < traveller.edit.request.count; i += 1)
        this.#options.denoiser.withdraw(pictureId(traveller.edit.id, i));
    }
  }

  /** Counts an edit that begins anew, and looks up what it needs. Recipe and claim name its own model: no other makes it. */
  async #takeUp(edit: JourneyEdit): Promise<Papers> {
    const { planner, manifest } = this.#options;
    if (edit.request.modelDigest !== manifest.digest) throw otherModel(edit.request, manifest);
    await planner.restore(edit);
    return planner.papers(edit);
  }

  /** Gives the move by which the edit joins the queue, once the filters let it. */
  async #admit(traveller: Traveller, papers: Papers): Promise<() => Promise<void>> {
    const { moves, planner } = this.#options;
    const { edit } = traveller;
    if (edit.status === "QUEUED") return async () => {};
    const judged = edit.status === "MODERATING" ? await this.#moderate(traveller, papers) : undefined;
    const estimate = planner.estimate(edit);
    return () =>
      judged === undefined ? moves.requeued(traveller, estimate) : moves.queued(traveller, judged, estimate);
  }

  /** Prompt, then sources, through the filters. */
  async #moderate(traveller: Traveller, papers: Papers): Promise<Judgement> {
    const { filters, clock } = this.#options;
    const { edit, signal } = traveller;
    signal.throwIfAborted();
    const { imageIds, negativePrompt, safetyTolerance } = edit.request;
    const asksPrompt = !edit.approvedStages.includes("PROMPT");
    const prompts = asksPrompt ? promptContents(edit.prompt, negativePrompt, imageIds.length > 0) : [];
    const judged = await judgeAll(filters, papers.policy, prompts, safetyTolerance, clock, traveller);
    if (judged.verdict === "REFUSE") return this.#halt(traveller, judged);
    const weight = Math.min(papers.sources.pixels, judgedAtOnce.accountMax);
    return this.#judging.run(edit.accountId, () => this.#moderateSources(traveller, papers, judged), weight);
  }

  /** What a person has approved is shown to the hash lists alone. */
  async #moderateSources(traveller: Traveller, { policy, sources }: Papers, prompt: Judgement): Promise<Judgement> {
    const { filters, clock } = this.#options;
    const { edit, signal } = traveller;
    signal.throwIfAborted();
    const contents = await sources.contents();
    const isApproved = edit.approvedStages.includes("SOURCE");
    const asked = isApproved ? hashListsOf(filters) : filters;
    const { safetyTolerance } = edit.request;
    const ofPictures = await judgeAll(asked, policy, contents, safetyTolerance, clock, traveller);
    const judged = together(prompt, isApproved ? despiteApproval(ofPictures) : ofPictures);
    if (judged.verdict !== "REFUSE") signal.throwIfAborted();
    if (judged.verdict === "ALLOW") return judged;
    return this.#halt(
      traveller,
      judged,
      contents.map(({ image }) => image),
    );
  }

  /**
   * All pictures of the edit, from their seeds to pixels of the bucket's size, and what holds for these: while the last of
   * them is decoded, that is looked up and the edit's move to FINISHING stored, so that nobody waits for it after.
   *
   * @param queue stores that the edit waits for the engine; called once that works on it, or the edit has waited for a moment:
   *   what is stored holds the event loop for as long as the disk takes, and would keep an idle engine waiting
   */
  async #make(
    traveller: Traveller,
    papers: Papers,
    queue: () => Promise<void>,
  ): Promise<{ pictures: readonly RgbImage[]; standing: Papers }> {
    const { clock, denoiser, finisher, moves, planner } = this.#options;
    const { edit } = traveller;
    const begun = new AbortController();
    const waited = pause(clock, quickStartMs, AbortSignal.any([begun.signal, traveller.signal]));
    const queued = waited.then(nextTurn).then(queue);
    queued.catch((error: unknown) => traveller.stop("failed", { error }));
    let running: Promise<void> | undefined;
    // One after the other: the last step has no preview to be drawn, and would overtake the one before.
    let told = Promise.resolve();
    const onStarted = () => {
      // What was called off while its slot was opening is not begun.
      if (running !== undefined || traveller.signal.aborted) return;
      begun.abort();
      running = queued.then(() => moves.running(traveller, denoiser.batchSize));
      running.catch((error: unknown) => traveller.stop("failed", { error }));
      running.then(() => finisher.prepare(edit, papers.sources)).catch(() => {});
    };
    const mayPreview = !this.#isLookedAtFirst(edit);
    const pictures = planner.pictures(edit, papers);
    const unfinished = new Set(pictures.keys());
    let finishing: Promise<Papers> | undefined;
    const beginFinishing = () => {
      // Begun anew after the engine's death, a picture makes its last step once more.
      finishing ??= Promise.all([queued, running, told]).then(() => this.#beginFinishing(traveller));
      finishing.catch((error: unknown) => traveller.stop("failed", { error }));
      return finishing;
    };
    const made = pictures.map(({ job, spec }, index) =>
      denoiser.make(
        {
          job,
          spec,
          deaths: edit.attempts,
          onStarted,
          onStep: (step) => {
            told = Promise.all([running, told]).then(() => this.#tellStep(traveller, index, step).catch(() => {}));
            told.catch(() => {});
            if (step.step === step.total) unfinished.delete(index);
            if (unfinished.size === 0) beginFinishing();
          },
          onWorked: (ms) => moves.worked(traveller, ms),
          onDeath: (deaths) => moves.died(traveller, deaths),
          wantsPreview: () => mayPreview && moves.feed.wantsPreview(edit.id),
        },
        traveller.signal,
      ),
    );
    const callOff = this.#expireUnlessBegun(traveller, () => running !== undefined);
    try {
      const images = await allOrNone(made, (error) => traveller.stop("failed", { error }));
      return { pictures: images, standing: await beginFinishing() };
    } finally {
      callOff();
      await queued;
      await running;
      await finishing;
    }
  }

  /** Whether a person looks at the result before its account may: by the model's licence, or because it was appealed. */
  #isLookedAtFirst({ approvedStages }: JourneyEdit): boolean {
    const { filters } = this.#options;
    return approvedStages.includes("OUTPUT") || filters.some(({ kind }) => kind === "manual");
  }

  /** An edit with a deadline is given up when that passes before the engine has begun it. */
  #expireUnlessBegun(traveller: Traveller, begun: () => boolean): () => void {
    const { clock } = this.#options;
    const { deadlineAt } = traveller.edit.request;
    if (deadlineAt === undefined) return () => {};
    return clock.after(Math.max(0, deadlineAt - clock.date().getTime()), () => {
      if (!begun()) traveller.stop("expired");
    });
  }

  async #tellStep(traveller: Traveller, index: number, { step, total, preview }: PictureStep): Promise<void> {
    const { moves, planner } = this.#options;
    const { edit, signal } = traveller;
    const drawn = preview && { preview: await drawPreview(preview) };
    if (signal.aborted || edit.status !== "RUNNING") return;
    const etaMs = Math.round(planner.estimate(edit)?.end.likely ?? 0);
    await moves.tell(traveller, { kind: "step", index, step, total, etaMs, ...drawn });
  }

  /** All steps are made: papers are looked up anew, for the edit may have waited for long, and a source be blocked. */
  async #beginFinishing(traveller: Traveller): Promise<Papers> {
    const { moves, planner } = this.#options;
    traveller.signal.throwIfAborted();
    const papers = await planner.papers(traveller.edit);
    await planner.mustHaveRoom(papers.account);
    await moves.finishing(traveller);
    return papers;
  }

  /** Output filters, restoring, marks, encoding, storing; then one move makes it all visible. */
  async #finish(traveller: Traveller, papers: Papers, pictures: readonly RgbImage[], put: Put): Promise<void> {
    const { moves, planner } = this.#options;
    const { judged, shown, results } = await this.#judgeAndFinish(traveller, papers, pictures, put);
    if (judged.verdict === "REFUSE" && results.length === 0) return this.#halt(traveller, judged, shown);
    if (judged.verdict !== "ALLOW") {
      const told = { ...judged.told!, verdict: "REVIEW" } as const;
      return this.#halt(traveller, { ...judged, told }, shown, results);
    }
    // Called off while the last picture was being finished.
    traveller.signal.throwIfAborted();
    await moves.succeeded(traveller, judged, results).catch(async (error: unknown) => {
      // It may be a source that was blocked meanwhile: that is told then.
      if (isOvertaken(error)) await planner.papers(traveller.edit);
      throw error;
    });
  }

  /** What the output filters say, and the finished pictures of an edit that they let through or that a person must see. */
  async #judgeAndFinish(
    traveller: Traveller,
    { account, policy, sources }: Papers,
    pictures: readonly RgbImage[],
    put: Put,
  ): Promise<{ judged: Judgement; shown: readonly RgbImage[]; results: readonly FinishedPicture[] }> {
    const { finisher } = this.#options;
    const { edit, signal } = traveller;
    const shown = await finisher.shown(edit, sources, pictures);
    const judged = await finisher.judge(traveller, shown, policy);
    // What was refused and then appealed is looked at by a person, whatever the filters say again.
    const appealed = edit.approvedStages.includes("OUTPUT") && judged.told?.appealable === true;
    if (judged.verdict === "REFUSE" && !appealed) return { judged, shown, results: [] };
    signal.throwIfAborted();
    const work = { edit, sources, tellPrompt: account.promptInCredentials, put };
    return { judged, shown, results: await finisher.finish(work, pictures, signal) };
  }

  /**
   * Records a refusal or a hold, keeps what the law wants kept, and ends the way here.
   *
   * @param pictures that the filters were shown
   */
  async #halt(
    traveller: Traveller,
    judged: Judgement,
    pictures: readonly RgbImage[] = [],
    results: readonly FinishedPicture[] = [],
  ): Promise<never> {
    const { moves, incidents, originals } = this.#options;
    await originals.storing(async (put) => {
      const kept = await incidents.keep(traveller.edit, judged, pictures, put);
      await moves.halted(traveller, judged, results, kept);
    });
    throw new Halted();
  }

  /** Stores what stopped an edit as its end. Throws when that cannot be stored. */
  async #end(traveller: Traveller, error: unknown): Promise<void> {
    await this.#moveToEnd(traveller, error).catch((failure: unknown) => {
      // Somebody else was first, and what they made of the edit holds.
      if (!isOvertaken(failure)) throw failure;
    });
  }

  async #moveToEnd(traveller: Traveller, error: unknown): Promise<void> {
    const { moves } = this.#options;
    if (isSettled(traveller.edit.status)) return;
    if (traveller.stopped?.why === "cancelled") return moves.cancelled(traveller, traveller.stopped.actor ?? "server");
    if (traveller.stopped?.why === "expired") return moves.expired(traveller);
    const cause = traveller.stopped?.error ?? error;
    if (isExplained(cause)) return moves.failed(traveller, cause);
    moves.reportFault(traveller, cause);
    const retryable = !(cause instanceof Failed) || cause.retryable;
    const message = "something went wrong on our side; the edit was not made";
    return moves.failed(traveller, new Failed("INTERNAL", message, { retryable, cause }));
  }
}

function otherModel({ model, modelDigest }: EditRequest, served: JourneyOptions["manifest"]): Refused {
  const named = (name: string, digest: string) => `${name} (${digest.slice(0, 8)})`;
  const [wanted, there] = [named(model, modelDigest), named(served.name, served.digest)];
  return new Refused("MODEL_UNAVAILABLE", `the edit was accepted for ${wanted}; ${there} is served now: send it again`);
}

/** Waits for all; when one fails the others are stopped, and its error is the one thrown. */
async function allOrNone<T>(work: readonly Promise<T>[], stopOthers: (error: unknown) => void): Promise<T[]> {
  try {
    return await Promise.all(work);
  } catch (error) {
    stopOthers(error);
    await Promise.allSettled(work);
    throw error;
  }
}
