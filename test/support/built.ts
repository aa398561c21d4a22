import "../../src/config/no-telemetry.ts";
import { join } from "node:path";
import { vi } from "vitest";

/**
 * The engine and whatever else is a process or a thread of its own start as they are shipped, built: each would otherwise
 * strip the types of its sources anew, which took more time than most tests.
 */
vi.mock(import("../../src/core/program.ts"), async (original) => {
  const program = await original();
  const entryPoint = (module: string) => ({ file: join(program.projectFolder, "out", "server", `${module}.js`) });
  return { ...program, entryPoint };
});
