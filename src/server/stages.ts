import { cpus } from "node:os";
import { join } from "node:path";
import type { ServerConfig } from "../config/environment.ts";
import { every } from "../core/clock.ts";
import type { Closers } from "../core/closers.ts";
import type { RgbImage } from "../core/image.ts";
import { projectFolder } from "../core/program.ts";
import { randomShare } from "../core/random.ts";
import { LocalStorage } from "../delivery/local-storage.ts";
import { type Need, Originals } from "../delivery/originals.ts";
import { PromptReader, promptReaderFolder } from "../engine/prompt-reader.ts";
import type { Fields } from "../http/log.ts";
import { PixelCache } from "../intake/pixel-cache.ts";
import { CaseDesk } from "../journey/case-desk.ts";
import { CaseFeed } from "../journey/case-feed.ts";
import { CostSurvey } from "../journey/cost-survey.ts";
import { openCosts, saveCosts } from "../journey/costs.ts";
import { Denoiser } from "../journey/denoiser.ts";
import { EditDesk, type EditDeskOptions } from "../journey/desk.ts";
import { Enforcement } from "../journey/enforcement.ts";
import { Fingerprints } from "../journey/fingerprints.ts";
import { Finisher } from "../journey/finish.ts";
import { Gallery, type GalleryOptions } from "../journey/gallery.ts";
import { Incidents } from "../journey/incidents.ts";
import { Journey } from "../journey/journey.ts";
import { Moves, type MovesOptions } from "../journey/moves.ts";
import { contextBucketOf } from "../journey/plan.ts";
import { Planner, type PlannerOptions } from "../journey/planner.ts";
import { ProgressFeed } from "../journey/progress-feed.ts";
import { runtimeOf } from "../journey/runtime.ts";
import { Standings } from "../journey/standings.ts";
import { Uploads } from "../journey/uploads.ts";
import { Verifier } from "../journey/verifier.ts";
import { noFilterConfig, openFilters, readFilterConfig } from "../moderation/create-filters.ts";
import { digestOfFolder } from "../moderation/folder-digest.ts";
import { listsFolder } from "../moderation/hash-list/list-file.ts";
import { filtersFor } from "../moderation/manual-review.ts";
import type { Reader } from "../moderation/prompt-filter.ts";
import type { CostBook } from "../scheduler/cost-book.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { suspendedAccountIds } from "../store/accounts.ts";
import { isDigestInCase } from "../store/cases.ts";
import { eventsOf, isDigestInUse } from "../store/edits.ts";
import { isImageDigest } from "../store/images.ts";
import { isSealedDigest } from "../store/incidents.ts";
import { findProvenance } from "../store/provenance.ts";
import type { Base, Filtering, Loaded, Stages } from "./base.ts";
import { openRevival } from "./revival.ts";

/** Decoded pictures kept: 85 megapixels. */
const pixelCacheBytes = 256 * 2 ** 20;

/** Between two looks for hash lists that another process has imported. */
const listsReloadMs = 60_000;

/** Between two looks for uploads whose time is over: files to be verified stay no longer than this beyond their 15 minutes. */
const uploadsForgetMs = 300_000;

/** Between two tries to take up again what could not be stored: databases restart in seconds, and a full disk is no hurry. */
const strandedMs = 5_000;

/** Between two writings of what steps cost here. */
const costsSaveMs = 60_000;

/** What the filters need; their lists are looked at again as long as the server runs. */
export async function openFiltering(base: Base, closers: Closers): Promise<Filtering> {
  const { config, policies, clock, log, engine, model, threads } = base;
  const { filters: configured, hashLists } = await openFilters(
    config.filtersFile === undefined ? noFilterConfig : await readFilterConfig(config.filtersFile),
    {
      modelsFolder: config.modelsFolder,
      listsFolder: join(config.dataFolder, listsFolder),
      hashListAgeHoursMax: policies.hashListAgeHoursMax,
      pdq: (image) => threads.pdq(image),
      classify: (folder, image, signal) => engine.classify(folder, image, signal),
      reader: await openReader(base, closers),
      clock,
      chance: randomShare,
    },
  );
  const onError = (err: unknown) => log.error("hash lists were not reloaded", { err });
  closers.use(every(clock, listsReloadMs, () => hashLists.reload(), onError));
  return { filters: filtersFor(configured, model.manifest.filterDuty), hashLists };
}

/** What reads prompts beside the rules. It comes with the program, whatever models there are. */
async function openReader({ log }: Base, closers: Closers): Promise<Reader> {
  const folder = promptReaderFolder;
  const reader = closers.use(new PromptReader({ folder, log: (line) => log.info("prompt reader", { line }) }));
  const version = (await digestOfFolder(folder)).slice(0, 8);
  return { version, read: (prompt, signal) => reader.read(prompt, signal) };
}

/** The path of an edit, from the store to the engine and back. */
export async function openStages(base: Loaded & Filtering, closers: Closers): Promise<Stages> {
  const { config, clock, log, policies, db, model, engine, filters, hashLists } = base;
  const { threads, credentials } = base;
  const fingerprints = await Fingerprints.load(db);
  const { manifest } = model;
  const costs = await openMeasuredCosts(base, closers);
  const scheduler = new Scheduler({ costs, limits: { backlogMsMax: config.queueSeconds * 1000 } });
  const load = () => engine.load(model.folder, { ...config, digest: manifest.digest });
  const denoiser = new Denoiser({
    engine,
    scheduler,
    clock,
    revive: openRevival({ engine, load, clock }, closers),
    log: (message) => log.warn("denoiser", { line: message }),
  });
  const onSource = (image: RgbImage) => denoiser.foresee(image, contextBucketOf(image, manifest));
  const { originals, gallery } = await openGallery(base, { fingerprints, onSource });
  const uploads = await openUploads(base, gallery, closers);
  const caseFeed = new CaseFeed();
  const feed = new ProgressFeed((editId) => eventsOf(db, editId));
  const onAdmitted: PlannerOptions["onAdmitted"] = (picture) => denoiser.foreseePicture(picture);
  const onUnanswered = (editId: string) => desk.lookAgain(editId);
  const planner = new Planner({ db, manifest, gallery, scheduler, policies, clock, onAdmitted, onUnanswered });
  const standings = new Standings(await suspendedAccountIds(db));
  const enforcement = new Enforcement({ db, planner, standings, clock });
  const onCase = (caseId: string) => caseFeed.publish(caseId);
  const onStrikes = await openCounting(base, enforcement);
  const moves = openMoves(base, { feed, gallery, onUnanswered, onCase, onStrikes });
  surveyCosts(base, costs, () => denoiser.idle, closers);
  const finisher = await openFinisher(base, gallery, fingerprints);
  const incidents = openIncidents(base);
  const journey = new Journey({
    moves,
    planner,
    manifest,
    filters,
    denoiser,
    finisher,
    originals,
    incidents,
    standings,
    clock,
  });
  standings.listen({
    onSuspended: (accountId) => {
      journey.cancelAccount(accountId).catch((err: unknown) => log.error("edits were not cancelled", { err }));
    },
  });
  const desk = openDesk(base, { db, planner, journey, moves }, closers);
  const cases = new CaseDesk({ db, desk, moves, gallery, originals, incidents, clock, onCase, onStrikes });
  const verifier = new Verifier({ db, storage: base.storage, threads, credentials, fingerprints });
  return {
    scheduler,
    gallery,
    uploads,
    feed,
    desk,
    journey,
    planner,
    cases,
    caseFeed,
    standings,
    enforcement,
    hashLists,
    verifier,
  };
}

/** What counts refusals. Those that an earlier life has stored and not counted are counted before anything is accepted. */
async function openCounting({ log }: Base, enforcement: Enforcement): Promise<MovesOptions["onStrikes"]> {
  const count = (accountId: string) =>
    enforcement.count(accountId).catch((err: unknown) => log.error("strikes were not counted", { err }));
  for (const accountId of await enforcement.struck()) await count(accountId);
  return (accountId) => void count(accountId);
}

/** What stores moves. */
function openMoves(
  { db, clock, log }: Base,
  {
    gallery,
    ...options
  }: Pick<MovesOptions, "feed" | "onUnanswered" | "onCase" | "onStrikes"> & { readonly gallery: Gallery },
): Moves {
  return new Moves({
    ...options,
    db,
    clock,
    onSettled: ({ request }) =>
      gallery.dropSources(request).catch((err: unknown) => log.error("deleted sources were not removed", { err })),
    log: (message, fields) => log.error(message, fields as Fields),
  });
}

function openIncidents({ db, clock, log, secrets: { incidentKey } }: Base): Incidents {
  return new Incidents({
    db,
    clock,
    ...(incidentKey && { publicKey: incidentKey }),
    onUnsealed: (err) => log.error("an incident was kept without its bytes", { err }),
  });
}

/** Where edits are handed in; those that could not be stored are taken up again as long as the server runs. */
function openDesk({ clock, log }: Base, options: EditDeskOptions, closers: Closers): EditDesk {
  const desk = new EditDesk(options);
  closers.add(() => desk.close());
  const onError = (err: unknown) => log.error("edits that could not be stored still wait", { err });
  closers.use(every(clock, strandedMs, () => desk.takeUpStranded(), onError));
  return desk;
}

async function openGallery(
  { db, storage, threads, credentials, clock }: Loaded & Filtering,
  { fingerprints, onSource }: Pick<GalleryOptions, "fingerprints" | "onSource">,
) {
  const needOf = async (digest: string): Promise<Need> => {
    if ((await isImageDigest(db, digest)) || (await isSealedDigest(db, digest))) return true;
    return ((await isDigestInUse(db, digest)) || (await isDigestInCase(db, digest))) && "for now";
  };
  // Asked once more where nothing needs it: one need may give way to another between two reads, as a case to its edit.
  const originals = new Originals(storage, async (digest) => (await needOf(digest)) || needOf(digest));
  const cache = new PixelCache(pixelCacheBytes);
  const gallery = new Gallery({ db, storage, originals, cache, threads, fingerprints, credentials, clock, onSource });
  await originals.removeUnfinished();
  await gallery.dropLeftBytes();
  return { originals, gallery };
}

async function openFinisher(base: Loaded & Filtering, gallery: Gallery, fingerprints: Fingerprints): Promise<Finisher> {
  const { db, filters, threads, credentials, clock, model, engine } = base;
  return new Finisher({
    gallery,
    filters,
    threads,
    fingerprints,
    pixelsDigest: async (imageId) => (await findProvenance(db, imageId))?.pixelsDigest,
    credentials,
    clock,
    runtime: await runtimeOf(projectFolder, model.manifest),
    provider: () => engine.health.provider!,
  });
}

/** Measures in idle time what steps cost here. */
function surveyCosts(base: Loaded, costs: CostBook, isIdle: () => boolean, closers: Closers): void {
  const { config, clock, log, engine, model } = base;
  const survey = new CostSurvey({
    engine,
    costs,
    manifest: model.manifest,
    isIdle,
    budgetMs: config.measureSeconds * 1000,
    clock,
    log: (line) => log.warn("survey", { line }),
  });
  survey.start();
  closers.add(() => survey.stop());
}

/** Those whose time is over are forgotten, with the files that were to be verified. */
async function openUploads({ config, db, clock, log }: Base, gallery: Gallery, closers: Closers): Promise<Uploads> {
  const files = await LocalStorage.open(join(config.dataFolder, "to-verify"));
  const uploads = await Uploads.open({ db, gallery, files, clock });
  const onError = (err: unknown) => log.error("uploads were not forgotten", { err });
  closers.use(every(clock, uploadsForgetMs, () => uploads.forget(), onError));
  return uploads;
}

/** What an earlier life learned of this device; what this one learns is kept. */
async function openMeasuredCosts(base: Loaded, closers: Closers): Promise<CostBook> {
  const { config, clock, log, engine, model, report } = base;
  const file = join(config.dataFolder, "costs.json");
  const provider = report.outcomes.transformer.got;
  const costs = await openCosts(file, { model: model.manifest.digest, provider, device: deviceName(config) });
  const save = () => {
    costs.moveTo(engine.health.provider ?? provider);
    return saveCosts(file, costs);
  };
  closers.add(save);
  closers.use(every(clock, costsSaveMs, save, (err) => log.warn("costs were not saved", { err })));
  return costs;
}

/** Names what the measured costs belong to. */
function deviceName({ threads, deviceId, providers }: ServerConfig): string {
  const processor = cpus()[0]?.model ?? "unknown processor";
  return `${processor}, ${threads || cpus().length} threads, device ${deviceId}, ${providers.join("+")}`;
}
