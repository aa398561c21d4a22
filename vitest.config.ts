import { defineConfig } from "vitest/config";

export default defineConfig({
  // Vite would take graphql's ES module where Node takes the other: two copies, and neither knows the other's classes.
  resolve: { alias: { graphql: "graphql/index.js" } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    setupFiles: ["test/support/built.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
