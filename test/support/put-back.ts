import { afterAll, vi } from "vitest";

/** The next file of the worker finds functions, environment and clock as they are: it shares the modules of this one. */
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});
