import type { Clock } from "../core/clock.ts";
import type { Links } from "../delivery/links.ts";
import type { Storage } from "../delivery/storage.ts";
import type { AuditLog } from "../journey/audit-log.ts";
import type { AuditReader } from "../journey/audit-reader.ts";
import type { CaseDesk } from "../journey/case-desk.ts";
import type { CaseFeed } from "../journey/case-feed.ts";
import type { EditDesk } from "../journey/desk.ts";
import type { Enforcement } from "../journey/enforcement.ts";
import type { Gallery } from "../journey/gallery.ts";
import type { ProgressFeed } from "../journey/progress-feed.ts";
import type { Standings } from "../journey/standings.ts";
import type { Uploads } from "../journey/uploads.ts";
import type { Verifier } from "../journey/verifier.ts";
import type { Manifest } from "../model/manifest.ts";
import type { HashLists } from "../moderation/hash-list/hash-lists.ts";
import type { Policies } from "../moderation/policies.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Database } from "../store/database.ts";
import type { SignInCodes } from "./account/sign-in.ts";

/** The model that is served, and what it runs on now. */
export interface ServedModel {
  readonly manifest: Manifest;
  readonly provider: () => string;
  readonly ready: () => boolean;
}

/** What the resolvers call. Each does one thing, and none knows of GraphQL. */
export interface Services {
  readonly db: Database;
  readonly clock: Clock;
  readonly desk: EditDesk;
  readonly gallery: Gallery;
  readonly uploads: Uploads;
  readonly feed: ProgressFeed;
  readonly links: Links;
  readonly policies: Policies;
  readonly scheduler: Scheduler;
  readonly model: ServedModel;
  readonly standings: Standings;
  readonly signIn: SignInCodes;
  readonly cases: CaseDesk;
  readonly caseFeed: CaseFeed;
  readonly verifier: Verifier;
  readonly storage: Storage;
  readonly enforcement: Enforcement;
  readonly hashLists: HashLists;
  readonly auditLog: AuditLog;
  readonly auditReader: AuditReader;
}
