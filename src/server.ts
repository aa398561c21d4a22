import { mkdir } from "node:fs/promises";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus } from "node:os";
import { join } from "node:path";
import { logFolder } from "./audit/log-files.ts";
import { isLoopback, projectFolder, type ServerConfig } from "./config/environment.ts";
import { readSecrets, type Secrets } from "./config/secrets.ts";
import { type Clock, every, wallClock } from "./core/clock.ts";
import { Closers } from "./core/closers.ts";
import { Refused } from "./core/errors.ts";
import { randomShare } from "./core/random.ts";
import { Links } from "./delivery/links.ts";
import { LocalStorage } from "./delivery/local-storage.ts";
import { UrlSigner } from "./delivery/signed-url.ts";
import type { Storage } from "./delivery/storage.ts";
import { Variants } from "./delivery/variant.ts";
import type { Engine, LoadReport } from "./engine/engine.ts";
import { Supervisor } from "./engine/supervisor.ts";
import { renderVariant } from "./finishing/variant.ts";
import { SignInCodes } from "./graphql/account/sign-in.ts";
import { startApollo } from "./graphql/apollo.ts";
import { contextOf } from "./graphql/context.ts";
import { createSchema } from "./graphql/schema.ts";
import type { Services } from "./graphql/services.ts";
import { App } from "./http/app.ts";
import { gauges } from "./http/gauges.ts";
import { graphqlHandler } from "./http/graphql-http.ts";
import { readinessHandler } from "./http/health.ts";
import { imageHandler } from "./http/images.ts";
import { createLog, type Fields, type Log } from "./http/log.ts";
import { Metrics, metricsHandler } from "./http/metrics.ts";
import { routes } from "./http/routes.ts";
import { socketPorts } from "./http/socket-ports.ts";
import { studioHandler } from "./http/studio.ts";
import { uploadHandler } from "./http/uploads.ts";
import { WebSockets } from "./http/websocket.ts";
import { PixelCache } from "./intake/pixel-cache.ts";
import { AuditLog } from "./journey/audit-log.ts";
import { CaseDesk } from "./journey/case-desk.ts";
import { CaseFeed } from "./journey/case-feed.ts";
import { openCosts, saveCosts } from "./journey/costs.ts";
import { Denoiser } from "./journey/denoiser.ts";
import { EditDesk } from "./journey/desk.ts";
import { Enforcement } from "./journey/enforcement.ts";
import { Finisher } from "./journey/finish.ts";
import { Gallery } from "./journey/gallery.ts";
import { Incidents } from "./journey/incidents.ts";
import { Journey } from "./journey/journey.ts";
import { Moves } from "./journey/moves.ts";
import { Planner } from "./journey/planner.ts";
import { ProgressFeed } from "./journey/progress-feed.ts";
import { runtimeOf } from "./journey/runtime.ts";
import { Standings } from "./journey/standings.ts";
import type { ImportedModel } from "./model/manifest.ts";
import { noFilterConfig, openFilters, readFilterConfig } from "./moderation/create-filters.ts";
import type { HashLists } from "./moderation/hash-list/hash-lists.ts";
import { filtersFor } from "./moderation/manual-review.ts";
import { Policies } from "./moderation/policies.ts";
import { chooseModel } from "./onnx/choose-model.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { createAccount, findAccountByName, suspendedAccountIds } from "./store/accounts.ts";
import { type Database, openDatabase } from "./store/database.ts";
import { eventsAfter } from "./store/edits.ts";

/** The page as Vite built it. */
const studioFolder = join(projectFolder, "out", "studio");

/** Decoded pictures kept: 85 megapixels. */
const pixelCacheBytes = 256 * 2 ** 20;

/** Between two looks for hash lists that another process has imported. */
const listsReloadMs = 60_000;

/** Between two writings of what steps cost here. */
const costsSaveMs = 60_000;

/** A server that listens. */
export interface Server extends AsyncDisposable {
  /** How the outside reaches it, without a slash at the end. */
  readonly url: string;
  readonly services: Services;
  readonly model: ImportedModel;
  /** What the engine runs on, and what was passed over. */
  readonly report: LoadReport;
  /** The engine itself, for whoever measures. */
  readonly engine: Engine;
  /** Edits of an earlier life that were taken up again. */
  readonly resumed: number;
  /** Signs the local account in to the studio, once; on loopback alone. */
  readonly studioLink?: string;
  /** A fresh code for the local account. Throws `Refused` FORBIDDEN where there is none. */
  signInCode(): string;
}

export interface ServerOptions {
  readonly log?: Log;
  readonly clock?: Clock;
}

/** Milliseconds that requests and sockets get to end when the server stops. */
const graceMs = 10_000;

/** Opens everything that a server is made of, bottom up, and listens. What was opened is closed when a later part fails. */
export async function startServer(config: ServerConfig, options: ServerOptions = {}): Promise<Server> {
  const closers = new Closers();
  try {
    return await open(config, options, closers);
  } catch (error) {
    await closers[Symbol.asyncDispose]().catch(() => {});
    throw error;
  }
}

async function open(config: ServerConfig, options: ServerOptions, closers: Closers): Promise<Server> {
  const { clock = wallClock, log = createLog(config.logLevel) } = options;
  const secrets = await readSecrets(config);
  await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  const policies = await Policies.read(config.policiesFile);
  const storage = await LocalStorage.open(join(config.dataFolder, "images"));
  const db = closers.use(await openDatabase(config.databaseUrl));
  const model = await chooseModel(config.modelsFolder, config.model);
  const engine = closers.use(new Supervisor({ log: (line) => log.info("engine", { line }), clock }));
  const report = await engine.load(model.folder, config);
  const auditLog = closers.use(
    await AuditLog.open({
      db,
      folder: join(config.dataFolder, logFolder),
      seed: secrets.auditKey,
      clock,
      onError: (err) => log.error("the audit log was not sealed", { err }),
      ...(config.auditSink !== undefined && { sink: config.auditSink }),
    }),
  );
  const base = { config, secrets, clock, log, policies, storage, db, model, engine, report, auditLog, later: {} };
  const stages = await openStages(base, closers);
  const { services } = await openEdge({ ...base, ...stages }, closers);
  const resumed = await stages.desk.resume();
  const local = isLoopback(config.host) ? await localAccount(db, clock) : undefined;
  const signInCode = () => {
    if (local !== undefined) return services.signIn.issue(local);
    throw new Refused("FORBIDDEN", "a server that others can reach has no local account; make a key");
  };
  return {
    signInCode,
    ...(local !== undefined && { studioLink: `${services.links.baseUrl}/?code=${signInCode()}` }),
    url: services.links.baseUrl,
    services,
    model,
    report,
    engine,
    resumed,
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

/** What stands before anything else is made. */
interface Base {
  readonly config: ServerConfig;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
  readonly policies: Policies;
  readonly storage: Storage;
  readonly db: Database;
  readonly model: ImportedModel;
  readonly engine: Supervisor;
  readonly report: LoadReport;
  readonly auditLog: AuditLog;
  /** What is opened after the stages that call it. */
  readonly later: { enforcement?: Enforcement };
}

interface Stages {
  readonly scheduler: Scheduler;
  readonly gallery: Gallery;
  readonly feed: ProgressFeed;
  readonly desk: EditDesk;
  readonly journey: Journey;
  readonly planner: Planner;
  readonly cases: CaseDesk;
  readonly caseFeed: CaseFeed;
  readonly hashLists: HashLists;
}

/** The path of an edit, from the store to the engine and back. */
async function openStages(base: Base, closers: Closers): Promise<Stages> {
  const { config, clock, log, policies, storage, db, model, engine, report } = base;
  const { manifest } = model;
  const scheduler = await openScheduler(base, closers);
  const gallery = new Gallery({ db, storage, cache: new PixelCache(pixelCacheBytes), clock });
  const caseFeed = new CaseFeed();
  const feed = new ProgressFeed((editId, after) => eventsAfter(db, editId, after));
  const { filters: configured, hashLists } = await openFilters(
    config.filtersFile === undefined ? noFilterConfig : await readFilterConfig(config.filtersFile),
    {
      modelsFolder: config.modelsFolder,
      listsFolder: join(config.dataFolder, "lists"),
      hashListAgeHoursMax: policies.hashListAgeHoursMax,
      classify: (folder, image, signal) => engine.classify(folder, image, signal),
      clock,
      chance: randomShare,
    },
  );
  const filters = filtersFor(configured, manifest.filterDuty);
  const reloading = every(
    clock,
    listsReloadMs,
    () => hashLists.reload(),
    (err) => log.error("hash lists were not reloaded", { err }),
  );
  closers.add(() => reloading.stop());
  const planner = new Planner({ db, manifest, gallery, scheduler, policies, clock });
  const moves = new Moves({
    db,
    feed,
    clock,
    onStrikes: (accountId) => {
      base.later.enforcement?.count(accountId).catch((err: unknown) => log.error("strikes were not counted", { err }));
    },
    onCase: (caseId) => caseFeed.publish(caseId),
    log: (message, fields) => log.error(message, fields as Fields),
  });
  const denoiser = new Denoiser({
    engine,
    scheduler,
    clock,
    revive: () => engine.load(model.folder, config),
    log: (message) => log.warn("denoiser", { line: message }),
  });
  const runtime = await runtimeOf(projectFolder, manifest, report.outcomes.transformer.got);
  const finisher = new Finisher({ gallery, storage, filters, clock, runtime });
  const { incidentKey } = base.secrets;
  const incidents = new Incidents({ db, storage, gallery, clock, ...(incidentKey && { publicKey: incidentKey }) });
  const journey = new Journey({ moves, planner, gallery, filters, policies, denoiser, finisher, incidents, clock });
  const desk = new EditDesk({ db, planner, journey, moves });
  closers.add(() => desk.close());
  const cases = new CaseDesk({ db, desk, moves, gallery, clock, onCase: (caseId) => caseFeed.publish(caseId) });
  return { scheduler, gallery, feed, desk, journey, planner, cases, caseFeed, hashLists };
}

/** The scheduler with what an earlier life learned of this device; what this one learns is kept. */
async function openScheduler({ config, clock, log, model, report }: Base, closers: Closers): Promise<Scheduler> {
  const file = join(config.dataFolder, "costs.json");
  const provider = report.outcomes.transformer.got;
  const costs = await openCosts(file, { model: model.manifest.digest, provider, device: deviceName(config) });
  const save = () => saveCosts(file, costs);
  const saving = every(clock, costsSaveMs, save, (error) => log.warn("costs were not saved", { err: error }));
  closers.add(async () => {
    await saving.stop();
    await save();
  });
  return new Scheduler({ costs, limits: { backlogMsMax: config.queueSeconds * 1000 } });
}

/** HTTP, WebSocket and GraphQL over the stages; listens. */
async function openEdge(parts: Base & Stages, closers: Closers): Promise<{ services: Services }> {
  const { config, secrets, clock, log, db, model, engine, report } = parts;
  const [current, previous] = secrets.urlKeys;
  const signer = new UrlSigner({ current: current!, ...(previous && { previous }) }, clock);
  const address: { url?: string } = config.publicUrl === undefined ? {} : { url: config.publicUrl };
  const standing = new Standings(await suspendedAccountIds(db), {
    onSuspended: (accountId) => {
      sockets.closeAccount(accountId, "The account is suspended");
      void parts.journey.cancelAccount(accountId);
    },
    onKeyEnded: (keyId) => sockets.closeKey(keyId, "The key was revoked"),
  });
  const enforcement = new Enforcement({ db, planner: parts.planner, standings: standing, clock });
  parts.later.enforcement = enforcement;
  const services: Services = {
    ...parts,
    enforcement,
    links: new Links(signer, () => address.url!),
    model: {
      manifest: model.manifest,
      provider: report.outcomes.transformer.got,
      ready: () => engine.health.state === "up",
    },
    standing,
    signIn: new SignInCodes(),
  };
  const schema = createSchema();
  const complain = (error: unknown) => log.error("a request met a bug", { err: error });
  const apollo = await startApollo(schema, complain);
  closers.add(() => apollo.stop());
  const sockets: WebSockets = new WebSockets({ ...socketPorts(services, schema, apollo, complain), clock, log });
  const metrics = new Metrics({
    gauges: gauges({
      snapshot: () => parts.scheduler.snapshot(clock.now()),
      engine: () => engine.health,
      sockets: () => sockets.counts,
    }),
    processMetrics: true,
  });
  const app = new App({
    routes: routes({
      graphql: graphqlHandler(apollo, (request) => contextOf(services, request)),
      metrics: metricsHandler(metrics, secrets.metricsToken),
      ...(await handlersOf(parts, services, signer)),
    }),
    webSockets: sockets,
    origins: config.origins,
    clock,
    log,
    metrics,
  });
  closers.add(() => app.close(graceMs));
  const port = await listen(app.server, config);
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  address.url ??= `http://${host}:${port}`;
  return { services };
}

/** The account of whoever sits at this machine; made at the first start. */
async function localAccount(db: Database, clock: Clock): Promise<string> {
  const name = "local";
  const act = { actor: "server", at: clock.date() };
  return ((await findAccountByName(db, name)) ?? (await createAccount(db, { name, role: "ADMIN" }, act))).id;
}

/** Everything but GraphQL and metrics. */
async function handlersOf(
  { storage, clock, db, gallery, engine }: Base & Stages,
  services: Services,
  signer: UrlSigner,
) {
  const mayServe = (accountId: string) => !services.standing.isSuspended(accountId);
  return {
    upload: uploadHandler({ signer, mayServe, uploads: gallery }),
    image: imageHandler({
      signer,
      mayServe,
      images: gallery,
      storage,
      variants: new Variants(storage, renderVariant),
      clock,
    }),
    readiness: readinessHandler(
      [
        { name: "engine", missing: async () => (engine.health.state === "up" ? undefined : engine.health.state) },
        { name: "database", missing: () => db.ping().then(() => undefined) },
      ],
      clock,
    ),
    studio: await studioHandler(studioFolder),
  };
}

async function listen(server: HttpServer, { host, port }: ServerConfig): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "another program listens there already" : error.message;
      reject(new Refused("BAD_INPUT", `cannot listen on ${host}:${port}: ${why}; choose with PENTIMENTO_PORT`));
    });
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Names what the measured costs belong to. */
function deviceName({ threads, deviceId, providers }: ServerConfig): string {
  const processor = cpus()[0]?.model ?? "unknown processor";
  return `${processor}, ${threads || cpus().length} threads, device ${deviceId}, ${providers.join("+")}`;
}
