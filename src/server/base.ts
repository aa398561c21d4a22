import type { ServerConfig } from "../config/environment.ts";
import type { Secrets } from "../config/secrets.ts";
import type { Clock } from "../core/clock.ts";
import type { Storage } from "../delivery/storage.ts";
import type { LoadReport } from "../engine/engine.ts";
import type { Supervisor } from "../engine/supervisor.ts";
import type { Log } from "../http/log.ts";
import type { AuditLog } from "../journey/audit-log.ts";
import type { CaseDesk } from "../journey/case-desk.ts";
import type { CaseFeed } from "../journey/case-feed.ts";
import type { EditDesk } from "../journey/desk.ts";
import type { Enforcement } from "../journey/enforcement.ts";
import type { Gallery } from "../journey/gallery.ts";
import type { Journey } from "../journey/journey.ts";
import type { PixelThreads } from "../journey/pixel-threads.ts";
import type { Planner } from "../journey/planner.ts";
import type { ProgressFeed } from "../journey/progress-feed.ts";
import type { Standings } from "../journey/standings.ts";
import type { Uploads } from "../journey/uploads.ts";
import type { Verifier } from "../journey/verifier.ts";
import type { ImportedModel } from "../model/manifest.ts";
import type { Filter } from "../moderation/filter.ts";
import type { HashLists } from "../moderation/hash-list/hash-lists.ts";
import type { Policies } from "../moderation/policies.ts";
import type { Credentials } from "../provenance/credentials.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Database } from "../store/database.ts";

/** What stands before anything else is made. */
export interface Base {
  readonly config: ServerConfig;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
  readonly policies: Policies;
  readonly storage: Storage;
  readonly db: Database;
  readonly model: ImportedModel;
  readonly engine: Supervisor;
  readonly auditLog: AuditLog;
  readonly threads: PixelThreads;
}

/** What opens in processes of its own has opened. */
export interface Loaded extends Base {
  /** Of the model in the engine. */
  readonly report: LoadReport;
  /** Absent where results go without. */
  readonly credentials?: Credentials | undefined;
}

export interface Filtering {
  readonly filters: readonly Filter[];
  readonly hashLists: HashLists;
}

export interface Stages {
  readonly scheduler: Scheduler;
  readonly gallery: Gallery;
  readonly uploads: Uploads;
  readonly feed: ProgressFeed;
  readonly desk: EditDesk;
  readonly journey: Journey;
  readonly planner: Planner;
  readonly cases: CaseDesk;
  readonly caseFeed: CaseFeed;
  readonly standings: Standings;
  readonly enforcement: Enforcement;
  readonly verifier: Verifier;
  readonly hashLists: HashLists;
}
