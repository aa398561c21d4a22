import { defineConfig } from "vitest/config";

export default defineConfig({
  // Vite would take graphql's ES module where Node takes the other: two copies, and neither knows the other's classes.
  resolve: { alias: { graphql: "graphql/index.js" } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    setupFiles: ["test/support/built.ts"],
    // Tests open models in their own processes, too; see src/config/no-telemetry.ts.
    env: { ORT_DISABLE_TELEMETRY: "1" },
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
