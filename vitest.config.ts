import { defineConfig } from "vitest/config";

export default defineConfig({
  // Vite would take graphql's ES module where Node takes the other: two copies, and neither knows the other's classes.
  resolve: { alias: { graphql: "graphql/index.js" } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    setupFiles: ["test/support/built.ts", "test/support/put-back.ts"],
    pool: "forks",
    // The files of a worker share its modules: loading them anew for each file was a third of the time of all tests.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
