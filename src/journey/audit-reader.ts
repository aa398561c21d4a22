import { type ExportFormat, exportEvents } from "../audit/export.ts";
import type { EventProof } from "../audit/prove.ts";
import { hasRole, type Viewer } from "../core/account.ts";
import type { AuditKind } from "../core/audit.ts";
import { isErased } from "../core/audit-event.ts";
import type { Clock } from "../core/clock.ts";
import { Refused } from "../core/errors.ts";
import { findAccount } from "../store/accounts.ts";
import { appendAudit } from "../store/audit-events.ts";
import type { AuditFilter } from "../store/audit-filter.ts";
import {
  auditEventPages,
  eraseDetails,
  findAuditEvent,
  type LoggedEvent,
  listAuditEvents,
} from "../store/audit-log.ts";
import type { Database } from "../store/database.ts";
import { listKeys } from "../store/keys.ts";
import type { Page, PageArgs } from "../store/page.ts";
import { storable } from "../store/statement.ts";
import type { AuditLog } from "./audit-log.ts";

/** What somebody wants to see of the log. */
export type AuditWish = Omit<AuditFilter, "only">;

/** An event as it is shown to whoever asks. */
export interface ShownEvent extends LoggedEvent {
  /** Whether its details were erased; false where they are only not shown. */
  readonly erased: boolean;
}

/**
 * What an account is not told of itself: an incident must not warn whoever caused it. What moderators do is left out by
 * who did it.
 */
const hiddenKinds: readonly string[] = [
  "incident.sealed",
  "incident.exported",
  "image.refused",
  "image.blocked",
  "image.unblocked",
] satisfies AuditKind[];

/** Each kind is a query of its own. */
const kindsMax = 8;
const charactersMax = 100;

/**
 * Who may see what of the audit log. Auditors see everything. Anybody else sees what they, their keys and the server did to
 * their account, with the details of what they did themselves.
 */
export class AuditReader {
  readonly #db: Database;
  readonly #log: AuditLog;
  readonly #clock: Clock;

  constructor(options: { readonly db: Database; readonly log: AuditLog; readonly clock: Clock }) {
    this.#db = options.db;
    this.#log = options.log;
    this.#clock = options.clock;
  }

  /** Newest first. Throws `Refused` FORBIDDEN where others are asked after, BAD_INPUT for what cannot be asked. */
  async list(viewer: Viewer, wish: AuditWish, page: PageArgs): Promise<Page<ShownEvent>> {
    const sight = await this.#sightOf(viewer);
    const found = await listAuditEvents(this.#db, filterFor(sight, wish), page);
    return { ...found, edges: found.edges.map(({ cursor, node }) => ({ cursor, node: shown(sight, node) })) };
  }

  /** Throws `Refused` NOT_FOUND for an event that there is not, or that is not shown to whoever asks. */
  async prove(viewer: Viewer, eventId: string): Promise<{ proof: EventProof; event: ShownEvent }> {
    const sight = await this.#sightOf(viewer);
    const event = eventId.length > charactersMax ? null : await findAuditEvent(this.#db, storable("eventId", eventId));
    if (event === null || !sees(sight, event))
      throw new Refused("NOT_FOUND", `there is no audit event "${eventId.slice(0, 40)}"`);
    const proof = await this.#log.prove(eventId);
    // Read again, because proving may have sealed it.
    const sealed = shown(sight, (await findAuditEvent(this.#db, eventId))!);
    const { details, salt } = sealed;
    return { proof: { ...proof, event: { ...proof.event, details, salt } }, event: sealed };
  }

  /** Events as a file, a page at a time; that it was taken is written down first. Throws as `list`. */
  async export(accountId: string, wish: AuditWish, format: ExportFormat): Promise<AsyncGenerator<string>> {
    const account = await findAccount(this.#db, accountId);
    if (account === null) throw new Refused("FORBIDDEN", "the account does not exist any more");
    const sight = await this.#sightOf({ accountId, role: account.role });
    const filter = filterFor(sight, wish);
    const about = { subjectKind: "server", subjectId: "audit-log", accountId } as const;
    const entry = { ...about, actor: accountId, kind: "audit.exported", details: { format, wish } } as const;
    await appendAudit(this.#db, [entry], this.#clock.date());
    return exportEvents(this.#pages(sight, filter), format);
  }

  /** Erases what the log says of an account. Throws `Refused` NOT_FOUND. */
  async erase(actor: Viewer, accountId: string): Promise<number> {
    const known = accountId.length <= charactersMax && (await findAccount(this.#db, storable("accountId", accountId)));
    if (!known) throw new Refused("NOT_FOUND", `there is no account "${accountId.slice(0, 40)}"`);
    return eraseDetails(this.#db, accountId, { actor: actor.keyId ?? actor.accountId, at: this.#clock.date() });
  }

  async *#pages(sight: Sight, filter: AuditFilter): AsyncGenerator<ShownEvent[]> {
    for await (const page of auditEventPages(this.#db, filter)) yield page.map((event) => shown(sight, event));
  }

  async #sightOf(viewer: Viewer): Promise<Sight> {
    if (hasRole(viewer, "AUDITOR")) return "everything";
    const { accountId } = viewer;
    const own = [accountId, ...(await listKeys(this.#db, accountId)).map(({ id }) => id)];
    return { accountId, own };
  }
}

/** What somebody sees: all, or what is theirs, where `own` is the account and its keys, ended ones too. */
type Sight = "everything" | { readonly accountId: string; readonly own: readonly string[] };

function filterFor(sight: Sight, wish: AuditWish): AuditFilter {
  checkAuditWish(wish);
  if (sight === "everything") return wish;
  if (wish.accountId !== undefined && wish.accountId !== sight.accountId)
    throw new Refused("FORBIDDEN", "the events of other accounts need the role AUDITOR");
  return { ...wish, ...boundsOf(sight) };
}

/** Whether the list would show it. */
function sees(sight: Sight, { accountId, actor, kind }: LoggedEvent): boolean {
  if (sight === "everything") return true;
  const { only, accountId: own } = boundsOf(sight);
  return accountId === own && only.actors.includes(actor) && !only.hiddenKinds.includes(kind);
}

/** What is shown to whoever does not see everything. */
function boundsOf({ accountId, own }: Exclude<Sight, "everything">) {
  return { accountId, only: { actors: [...own, "server"], hiddenKinds } } satisfies AuditFilter;
}

function shown(sight: Sight, event: LoggedEvent): ShownEvent {
  const erased = isErased(event);
  if (sight === "everything" || sight.own.includes(event.actor)) return { ...event, erased };
  return { ...event, details: null, salt: "", erased };
}

/** Throws `Refused` BAD_INPUT for what cannot be asked. */
export function checkAuditWish({ kinds, from, before, ...texts }: AuditWish): void {
  const faults = [
    ...Object.entries(texts).flatMap(([name, text]) =>
      text.length > 0 && text.length <= charactersMax
        ? []
        : [`${name} has ${text.length} characters: 1 to ${charactersMax} are expected`],
    ),
    ...(kinds === undefined || (kinds.length > 0 && kinds.length <= kindsMax)
      ? []
      : [`kinds has ${kinds.length} entries: 1 to ${kindsMax} are expected; leave it out for all`]),
    ...(from && before && from >= before ? ["before must lie after from"] : []),
  ];
  if (faults.length > 0) throw new Refused("BAD_INPUT", faults.join("; "), faults);
  for (const [name, text] of Object.entries(texts)) storable(name, text);
}
