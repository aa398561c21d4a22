import { ColumnTypeEnum, type SqlQuery, type SqlQueryable } from "@prisma/driver-adapter-utils";
import type { Statement, Value } from "./statement.ts";

/** SQL and its values as a connection takes them. */
export function query(sql: string, values: readonly Value[] = []): SqlQuery {
  return { sql, args: [...values], argTypes: values.map(() => ({ scalarType: "unknown", arity: "scalar" })) };
}

/** The rows of a query, as the client would give them: times as `Date`, JSON as what it says. */
export async function readRows<Row>(connection: SqlQueryable, { sql, values }: Statement): Promise<Row[]> {
  const { columnNames, columnTypes, rows } = await connection.queryRaw(query(sql, values));
  const read = columnTypes.map((type) => readers.get(type));
  return rows.map((row) => {
    const named: Record<string, unknown> = {};
    for (const [i, name] of columnNames.entries()) {
      const [value, reader] = [row[i], read[i]];
      named[name] = value === null || reader === undefined ? value : reader(String(value));
    }
    return named as Row;
  });
}

const readers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [ColumnTypeEnum.DateTime, (text) => new Date(text)],
  [ColumnTypeEnum.Json, (text) => JSON.parse(text)],
]);
