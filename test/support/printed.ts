import type { Command } from "commander";
import { vi } from "vitest";

/** Runs a command of the command line in this process, and gives what it prints. */
export async function printed(command: Command, args: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line) => void lines.push(String(line)));
  await command.parseAsync(args, { from: "user" }).finally(() => log.mockRestore());
  return lines.join("\n");
}
