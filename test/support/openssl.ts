import { execFileSync, spawnSync } from "node:child_process";

/** Whether the machine has the OpenSSL command, the measure that some results are held against. */
export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** Runs it in a folder; what it printed. */
export function openssl(folder: string, ...args: string[]): string {
  return execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] }).toString();
}
