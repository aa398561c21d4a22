import { readFileSync } from "node:fs";
import { lexicographicSortSchema, printSchema } from "graphql";
import { expect, it } from "vitest";
import { createSchema } from "../../src/graphql/schema.ts";

it("is the one in schema/schema.graphql; after a change run npm run codegen", () => {
  const printed = readFileSync(new URL("../../schema/schema.graphql", import.meta.url), "utf8");
  expect(`${printSchema(lexicographicSortSchema(createSchema()))}\n`).toBe(printed);
});
