import { dayMs } from "../core/clock.ts";
import type { Database } from "./database.ts";
import type { Usage as UsageModel } from "./generated/sqlite/client.ts";
import type { Statement, Value } from "./statement.ts";

/** What an account used on one day, in UTC. Numbers of edits count acts: one that is refused, appealed and made counts twice. */
export type UsageDay = UsageModel;

/** What is counted. Edits by what became of them; `pictures` that were made; `engineMs` of the engine, shared by a batch. */
export const counters = [
  "edits",
  "pictures",
  "succeeded",
  "refused",
  "held",
  "failed",
  "cancelled",
  "expired",
  "engineMs",
] as const;
export type Counter = (typeof counters)[number];

/** Counters of 0 may be left out. */
export type Counts = { readonly [Name in Counter]?: number };

export interface Used extends Counts {
  readonly accountId: string;
  readonly at: Date;
  /** With these the day may have so many edits; where it would have more, the batch is undone. 1 or more. */
  readonly editsMax?: number | null;
}

/** The beginning of a moment's day, in UTC. */
export function dayOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / dayMs) * dayMs);
}

/** The beginning of the next day, in UTC. */
export function nextDayOf(at: Date): Date {
  return new Date(dayOf(at).getTime() + dayMs);
}

/** Adds to the days of accounts, as a part of a batch. One row a day, so that a year is read without reading its edits. */
export function usageStatements(used: readonly Used[]): Statement[] {
  return used.flatMap(({ accountId, at, editsMax, ...counts }) => {
    const changed = counters.filter((name) => (counts[name] ?? 0) > 0);
    if (changed.length === 0) return [];
    const values: Value[] = [accountId, dayOf(at), ...changed.map((name) => counts[name]!)];
    const names = changed.map((name) => `"${name}"`);
    const places = values.map((_, i) => `$${i + 1}`);
    const sum = changed.map((name) => `"${name}" = "Usage"."${name}" + excluded."${name}"`);
    const sql = `INSERT INTO "Usage" ("accountId", "day", ${names.join(", ")}) VALUES (${places.join(", ")})
      ON CONFLICT ("accountId", "day") DO UPDATE SET ${sum.join(", ")}`;
    if (editsMax === undefined || editsMax === null) return [{ sql, values }];
    const most = ` WHERE "Usage"."edits" + excluded."edits" <= $${values.push(editsMax)}`;
    return [{ sql: sql + most, values, rows: 1 }];
  });
}

/** Edits that an account has handed in on a moment's day. */
export async function editsOnDay(db: Database, accountId: string, at: Date): Promise<number> {
  const day = await db.client.usage.findUnique({ where: { accountId_day: { accountId, day: dayOf(at) } } });
  return day?.edits ?? 0;
}

export interface Period {
  /** Midnight in UTC. */
  readonly from: Date;
  /** Midnight in UTC, not itself included. */
  readonly before: Date;
}

/** An account's days with anything used, oldest first. */
export function usageOf(db: Database, accountId: string, { from, before }: Period): Promise<UsageDay[]> {
  return db.client.usage.findMany({ where: { accountId, day: { gte: from, lt: before } }, orderBy: { day: "asc" } });
}

/** Sums of a period for the accounts that used the engine longest, at most `limit`. */
export async function usageByAccount(
  db: Database,
  { from, before }: Period,
  limit: number,
): Promise<({ accountId: string } & Record<Counter, number>)[]> {
  const groups = await db.client.usage.groupBy({
    by: ["accountId"],
    where: { day: { gte: from, lt: before } },
    _sum: Object.fromEntries(counters.map((name) => [name, true])) as Record<Counter, true>,
    orderBy: [{ _sum: { engineMs: "desc" } }, { accountId: "asc" }],
    take: limit,
  });
  return groups.map(({ accountId, _sum }) => ({ accountId, ...sumOf([_sum]) }));
}

export function sumOf(rows: readonly { readonly [Name in Counter]: number | null }[]): Record<Counter, number> {
  const sum = (name: Counter) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
  return Object.fromEntries(counters.map((name) => [name, sum(name)])) as Record<Counter, number>;
}
