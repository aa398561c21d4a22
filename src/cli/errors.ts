import { Failed, Refused } from "../core/errors.ts";

/** 0 success, 1 a failure of the world, 2 a request that cannot be met, 3 broken credentials, 130 cancelled by Ctrl-C. */
export const exitCodes = { failed: 1, refused: 2, broken: 3, cancelled: 130 } as const;

/** Faults shown before the rest is only counted. */
const faultsShownMax = 40;

/** Prints an error as a person wants to read it and sets the exit code; a stack only for our own bugs. */
export function reportError(error: unknown): void {
  if (error instanceof Refused) {
    process.stderr.write(`error: ${error.message}\n${faultLines(error)}`);
    process.exitCode = error.code === "CANCELLED" ? exitCodes.cancelled : exitCodes.refused;
  } else if (error instanceof Failed || isOfSystem(error)) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = exitCodes.failed;
  } else {
    process.stderr.write(
      `This is a bug in Pentimento; please report it with these lines.\n${error instanceof Error ? error.stack : error}\n`,
    );
    process.exitCode = exitCodes.failed;
  }
}

/** What a call of the operating system met, such as a full disk or a folder that is not there. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function faultLines(error: Refused): string {
  const lines = error.message.split("\n");
  const faults = error.faults.filter((fault) => !lines.includes(fault));
  const shown = faults.slice(0, faultsShownMax).map((fault) => `  - ${fault}\n`);
  const rest = faults.length - shown.length;
  return shown.join("") + (rest > 0 ? `  … and ${rest} more\n` : "");
}
