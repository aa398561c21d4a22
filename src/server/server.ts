import { join } from "node:path";
import { logFolder } from "../audit/log-files.ts";
import { isReachedByOthers, type ServerConfig } from "../config/environment.ts";
import { readSecrets } from "../config/secrets.ts";
import { localAccount } from "../core/account.ts";
import { type Clock, wallClock } from "../core/clock.ts";
import { Closers } from "../core/closers.ts";
import { Refused } from "../core/errors.ts";
import { makePrivateFolder } from "../core/private-folder.ts";
import { LocalStorage } from "../delivery/local-storage.ts";
import type { Engine, LoadReport } from "../engine/engine.ts";
import { Supervisor } from "../engine/supervisor.ts";
import type { Services } from "../graphql/services.ts";
import { createLog, type Log } from "../http/log.ts";
import { AuditLog } from "../journey/audit-log.ts";
import { PixelThreads } from "../journey/pixel-threads.ts";
import type { ImportedModel } from "../model/manifest.ts";
import { Policies } from "../moderation/policies.ts";
import { chooseModel } from "../onnx/choose-model.ts";
import { createAccount, findAccountByName } from "../store/accounts.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { ownFolder } from "../store/folder-owner.ts";
import { openEdge } from "./edge.ts";
import { recordStart } from "./record-start.ts";
import { openSigning } from "./signing.ts";
import { openFiltering, openStages } from "./stages.ts";
import { warnOfPolicies } from "./warn-of-policies.ts";

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
  /** A fresh link that signs the local account in to the studio, once; undefined where others can reach the server. */
  studioLink(): string | undefined;
  /** A fresh code for the local account. Throws `Refused` FORBIDDEN where there is none. */
  signInCode(): string;
}

export interface ServerOptions {
  readonly log?: Log;
  readonly clock?: Clock;
}

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
  await makePrivateFolder(config.dataFolder);
  // Before anything there is touched: what looks left over may be what another server is about to use.
  closers.use(await ownFolder(config.dataFolder));
  const policies = await Policies.read(config.policiesFile);
  const storage = await LocalStorage.open(join(config.dataFolder, "images"));
  const model = await chooseModel(config.modelsFolder, config.model);
  const engine = closers.use(new Supervisor({ log: (line) => log.info("engine", { line }), clock }));
  // They open in their own processes while the rest is opened here; whoever waits for them below gets their errors.
  const loading = engine.load(model.folder, { ...config, digest: model.manifest.digest });
  loading.catch(() => {});
  const signing = openSigning({ config, clock }, closers);
  signing.catch(() => {});
  const threads = closers.use(new PixelThreads(secrets.watermarkKey));
  const db = closers.use(await openDatabase(config.databaseUrl));
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
  const base = {
    config,
    secrets,
    clock,
    log,
    policies,
    storage,
    db,
    model,
    engine,
    auditLog,
    threads,
  };
  const filtering = await openFiltering(base, closers);
  const report = await loading;
  const loaded = { ...base, report, ...(await signing) };
  await warnOfPolicies(base);
  await recordStart({ ...loaded, filters: filtering.filters });
  const stages = await openStages({ ...loaded, ...filtering }, closers);
  const unfinished = await stages.desk.unfinished();
  const { services } = await openEdge({ ...loaded, ...stages }, closers);
  // In the turn in which it begins to listen: nobody can call one off that is not under way yet.
  stages.desk.takeUp(unfinished);
  // Nobody waits for it; the first picture would take some tenths of a second longer.
  threads.warmUp().catch(() => {});
  const local = isReachedByOthers(config) ? undefined : await openLocalAccount(db, clock);
  const signInCode = () => {
    if (local !== undefined) return services.signIn.issue(local);
    throw new Refused("FORBIDDEN", "nobody is signed in by a code where others can reach the server; make a key");
  };
  return {
    signInCode,
    studioLink: () => (local === undefined ? undefined : `${services.links.baseUrl}/?code=${signInCode()}`),
    url: services.links.baseUrl,
    services,
    model,
    report,
    engine,
    resumed: unfinished.length,
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

/** Its id; made at the first start. */
async function openLocalAccount(db: Database, clock: Clock): Promise<string> {
  const act = { actor: "server", at: clock.date() };
  return ((await findAccountByName(db, localAccount.name)) ?? (await createAccount(db, localAccount, act))).id;
}
