// Writes schema/schema.graphql from the resolvers: `npm run codegen` does this first. A test fails when they differ.
import { writeFileSync } from "node:fs";
import { lexicographicSortSchema, printSchema } from "graphql";
import { createSchema } from "../src/graphql/schema.ts";

const file = new URL("../schema/schema.graphql", import.meta.url);
writeFileSync(file, `${printSchema(lexicographicSortSchema(createSchema()))}\n`);
