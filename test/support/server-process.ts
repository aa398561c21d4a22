import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = join(import.meta.dirname, "../../bin/pentimento.js");

/** `pentimento serve` as a process of its own, to be killed. */
export class ServerProcess {
  readonly url: string;
  /** The one-time code of the studio's link. */
  readonly code: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, code: string) {
    this.#child = child;
    this.url = url;
    this.code = code;
  }

  /** Starts it and waits until it says where it listens. Throws with its last words when it ends first. */
  static async start(environment: NodeJS.ProcessEnv): Promise<ServerProcess> {
    const child = spawn(process.execPath, [program, "serve"], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const words: string[] = [];
    child.stderr!.on("data", (data) => words.push(String(data)));
    for await (const line of createInterface({ input: child.stdout! })) {
      const [, url, code] = /^studio\s+(http:\S+?)\/\?code=(\S+)/.exec(line) ?? [];
      if (url !== undefined && code !== undefined) {
        child.stdout!.resume();
        return new ServerProcess(child, url, code);
      }
    }
    throw new Error(`the server ended: ${words.join("")}`);
  }

  /** As a power cut does it: the engine, a process of its own, follows by itself. */
  async kill(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }

  /** As systemd or Docker do it; gives the exit code. */
  async terminate(): Promise<number | null> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const [code] = await exited;
    return code as number | null;
  }
}
