import type { Viewer } from "../core/account.ts";
import type { AuditEntry } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { type EditRequest, seedOf } from "../core/edit.ts";
import { Refused } from "../core/errors.ts";
import { newId } from "../core/id.ts";
import { randomSeed } from "../core/random.ts";
import type { Manifest } from "../model/manifest.ts";
import type { Policies } from "../moderation/policies.ts";
import type { Policy } from "../moderation/policy.ts";
import type { Admission, Estimate, Job } from "../scheduler/job.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { type Account, findAccount } from "../store/accounts.ts";
import type { Database } from "../store/database.ts";
import { acceptEdit, type Edit, quotaExceeded } from "../store/edits.ts";
import { isPassing } from "../store/faults.ts";
import { editsOnDay } from "../store/usage.ts";
import type { Picture, PictureSpec } from "./denoiser.ts";
import type { Gallery } from "./gallery.ts";
import { type EditWish, jobOf, pictureId, planEdit } from "./plan.ts";
import type { Sources } from "./sources.ts";
import { mustHaveRoom } from "./storage-quota.ts";
import type { JourneyEdit, Papers } from "./traveller.ts";

export interface PlannerOptions {
  readonly db: Database;
  readonly manifest: Manifest;
  readonly gallery: Gallery;
  readonly scheduler: Scheduler;
  readonly policies: Policies;
  readonly clock: Clock;
  /** Called with the first picture of an edit that is about to be stored. */
  readonly onAdmitted: (picture: Omit<PictureSpec, "context" | "inpainting">) => void;
  /** The database did not say whether an edit was stored. */
  readonly onUnanswered: (editId: string) => void;
}

export interface Idempotency {
  /** 1…128 characters; one name space per account. */
  readonly key: string;
  /** SHA-256 over the arguments as they were sent, in hex. */
  readonly requestDigest: string;
}

/** An edit that is stored; not new where its key was used before, and then what runs is the earlier one. */
export interface Accepted {
  readonly edit: Edit;
  readonly isNew: boolean;
  readonly papers: Papers;
}

/** Says whether an edit may be made, with what, and when it will be done. */
export class Planner {
  readonly #options: PlannerOptions;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  /** An account and the policy that holds for it. Throws `Refused` FORBIDDEN where the policy file does not have that. */
  async standing(accountId: string): Promise<{ account: Account; policy: Policy }> {
    const account = await this.#account(accountId);
    return { account, policy: this.#options.policies.named(account.policy) };
  }

  /** Throws `Refused` QUOTA_EXCEEDED where an account's pictures fill what they may take. */
  mustHaveRoom(account: Account): Promise<void> {
    return mustHaveRoom(this.#options.db, account);
  }

  /** What an edit that is taken up again needs on its way. Throws `Refused` as `Gallery.sources`. */
  async papers({ accountId, request }: JourneyEdit): Promise<Papers> {
    return this.#papers(await this.standing(accountId), request, true);
  }

  /**
   * Stores an edit, once its account may make it, its arguments are right and the queue has room for it.
   *
   * @throws Refused ACCOUNT_SUSPENDED, POLICY_NOT_ACCEPTED, MODEL_UNAVAILABLE, NOT_FOUND, BAD_INPUT, QUEUE_FULL,
   *   QUOTA_EXCEEDED, CONTENT_REFUSED, DEADLINE_UNREACHABLE or IDEMPOTENCY_MISMATCH; then nothing is stored
   */
  async accept(viewer: Viewer, wish: EditWish, idempotency?: Idempotency): Promise<Accepted> {
    const { papers, request } = await this.#plan(viewer, wish);
    return this.#store(viewer, papers, wish.prompt, request, idempotency);
  }

  /**
   * Stores an edit that runs the recipe of an earlier one of the same account again.
   *
   * @throws Refused as `accept`; MODEL_UNAVAILABLE when another model is served, BAD_INPUT when the earlier one made nothing
   */
  async acceptRerun(viewer: Viewer, earlier: Edit): Promise<Accepted> {
    const { manifest } = this.#options;
    const { id: rerunOf, prompt, request, status } = earlier;
    if (status !== "SUCCEEDED")
      throw new Refused("BAD_INPUT", `edit ${rerunOf} is ${status}; only what has SUCCEEDED can be run again`);
    if (request.modelDigest !== manifest.digest)
      throw new Refused(
        "MODEL_UNAVAILABLE",
        `it was made with ${request.model} (${request.modelDigest}), not served now`,
      );
    const papers = await this.#editorPapers(viewer.accountId, request);
    const { deadlineAt: _, ...rest } = request;
    return this.#store(viewer, papers, prompt, { ...rest, rerunOf }, undefined);
  }

  async #store(
    viewer: Viewer,
    papers: Papers,
    prompt: string,
    request: EditRequest,
    idempotency: Idempotency | undefined,
  ): Promise<Accepted> {
    const { db, scheduler, clock, onAdmitted, onUnanswered } = this.#options;
    const { account } = papers;
    const createdAt = clock.date();
    const edit = { id: newId(createdAt), accountId: account.id, prompt, request, createdAt };
    const jobs = this.#jobs(edit, account);
    const admission = scheduler.submitTogether(jobs, clock.now());
    if (!admission.admitted) throw refusal(admission);
    onAdmitted(textSpecOf({ prompt, request }, 0));
    // The log holds no words of an account.
    const { negativePrompt: _words, ...recorded } = request;
    const about = {
      actor: viewer.keyId ?? viewer.accountId,
      subjectKind: "edit",
      subjectId: edit.id,
      accountId: account.id,
    } as const;
    const { rerunOf } = request;
    const audit: AuditEntry[] = [
      { ...about, kind: "edit.accepted", details: { request: recorded } },
      ...(rerunOf === undefined ? [] : [{ ...about, kind: "edit.rerun", details: { of: rerunOf } } as const]),
    ];
    const withdraw = () => {
      for (const job of jobs) scheduler.cancel(job.id);
    };
    const accepted = await acceptEdit(db, {
      edit,
      audit,
      editsPerDayMax: account.editsPerDayMax,
      ...(idempotency && { idempotency }),
    }).catch((error) => {
      withdraw();
      if (isPassing(error)) onUnanswered(edit.id);
      throw error;
    });
    if (!accepted.isNew) withdraw();
    return { ...accepted, papers };
  }

  /** What would become of an edit that is submitted now; nothing is stored. */
  async preview(viewer: Viewer, wish: EditWish) {
    const { db, scheduler, clock } = this.#options;
    const { papers, request } = await this.#plan(viewer, wish);
    const { account } = papers;
    const { editsPerDayMax } = account;
    if (editsPerDayMax !== null && (await editsOnDay(db, account.id, clock.date())) >= editsPerDayMax)
      throw quotaExceeded(editsPerDayMax, clock.date());
    const jobs = this.#jobs({ id: newId(clock.date()), accountId: account.id, request }, account);
    const estimate = scheduler.preview(jobs, clock.now());
    return { request, estimate };
  }

  /** Counts an edit that is taken up again; accepted work is never refused here, but may fail on its way. */
  async restore(edit: JourneyEdit): Promise<void> {
    const account = await this.#account(edit.accountId);
    const { scheduler, clock } = this.#options;
    for (const job of this.#jobs(edit, account)) scheduler.restore(job, clock.now());
  }

  /** When the last of an edit's pictures is expected. */
  estimate(edit: JourneyEdit): Estimate | undefined {
    const { scheduler, clock } = this.#options;
    return scheduler.estimate(pictureId(edit.id, edit.request.count - 1), clock.now());
  }

  /** Each of an edit's pictures. Its sources are decoded when the engine needs them, and not before. */
  pictures(edit: JourneyEdit, { account, sources }: Papers): Pick<Picture, "job" | "spec">[] {
    return this.#jobs(edit, account).map((job, index) => ({ job, spec: () => specOf(edit, index, sources) }));
  }

  async #account(accountId: string): Promise<Account> {
    const account = await findAccount(this.#options.db, accountId);
    if (account === null) throw new Refused("UNAUTHENTICATED", "the account does not exist any more");
    return account;
  }

  /** The papers of an edit that an account wants, if it may begin something. */
  async #editorPapers(accountId: string, pictures: Pick<EditWish, "imageIds" | "maskId">): Promise<Papers> {
    const standing = await this.standing(accountId);
    const { account, policy } = standing;
    if (account.status === "SUSPENDED")
      throw new Refused("ACCOUNT_SUSPENDED", "the account is suspended; its moderators can reinstate it");
    if (account.policyVersionAccepted !== policy.version) {
      const how = `read it in viewer.policy and accept it with acceptPolicy(version: "${policy.version}")`;
      throw new Refused("POLICY_NOT_ACCEPTED", `the policy ${policy.version} has not been accepted; ${how}`);
    }
    await this.mustHaveRoom(account);
    return this.#papers(standing, pictures, false);
  }

  async #papers(
    standing: Omit<Papers, "sources">,
    pictures: Pick<EditWish, "imageIds" | "maskId">,
    isAccepted: boolean,
  ): Promise<Papers> {
    return { ...standing, sources: await this.#options.gallery.sources(standing.account.id, pictures, isAccepted) };
  }

  async #plan(viewer: Viewer, wish: EditWish) {
    const { manifest } = this.#options;
    if (wish.model !== undefined && wish.model !== manifest.name)
      throw new Refused(
        "MODEL_UNAVAILABLE",
        `the model "${wish.model.slice(0, 100)}" is not served; "${manifest.name}" is`,
      );
    const papers = await this.#editorPapers(viewer.accountId, wish);
    return { papers, request: planEdit(wish, manifest, papers.sources.size, randomSeed) };
  }

  #jobs(edit: Pick<JourneyEdit, "id" | "accountId" | "request">, account: Account): Job[] {
    const { manifest, clock } = this.#options;
    const times = { now: clock.now(), date: clock.date() };
    return Array.from({ length: edit.request.count }, (_, index) => jobOf(edit, index, account, manifest, times));
  }
}

async function specOf(edit: JourneyEdit, index: number, sources: Sources): Promise<PictureSpec> {
  const [image, mask] = await Promise.all([sources.image(), sources.mask()]);
  const { contextBucket, strength } = edit.request;
  return {
    ...textSpecOf(edit, index),
    ...(image && { context: { image, size: contextBucket! } }),
    ...(image && mask && { inpainting: { image, mask, strength } }),
  };
}

/** What is known of a picture before its sources are decoded. */
function textSpecOf(
  { request, prompt }: Pick<JourneyEdit, "request" | "prompt">,
  index: number,
): Omit<PictureSpec, "context" | "inpainting"> {
  return {
    size: request.bucket,
    prompt,
    steps: request.steps,
    guidance: request.guidance,
    seed: seedOf(request, index),
    rounding: request.rounding,
    ...(request.trueCfg !== undefined && {
      trueCfg: { negativePrompt: request.negativePrompt!, scale: request.trueCfg },
    }),
  };
}

/** Why there is no room, as callers are told. */
export function refusal(admission: Exclude<Admission, { admitted: true }>): Refused {
  if (admission.code === "QUEUE_FULL") {
    const ms = Math.ceil(admission.retryAfterMs);
    return new Refused("QUEUE_FULL", `the queue is full; try again in ${Math.ceil(ms / 1000)} s`, [], ms);
  }
  const seconds = Math.ceil(admission.earliestMs / 1000);
  return new Refused("DEADLINE_UNREACHABLE", `the deadline cannot be met; the result is expected in ${seconds} s`);
}
