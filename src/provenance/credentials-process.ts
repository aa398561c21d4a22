import { type ChildProcess, fork } from "node:child_process";
import type { Clock } from "../core/clock.ts";
import { Failed } from "../core/errors.ts";
import { entryPoint, execArgvOf } from "../core/program.ts";
import type { Calls, ChildSettings, Message, Reply } from "./credentials-child.ts";

/** A picture takes tens of milliseconds and a timestamp a second; a process that says nothing for so long never will. */
const callMsMax = 15_000;

const entry = entryPoint("provenance/credentials-child");

interface Pending {
  settle(reply: Reply): void;
  fail(error: Failed): void;
}

/** Calls into the process of the C2PA library. One that dies or hangs fails its calls; the next call starts another. */
export class CredentialsProcess {
  readonly #settings: ChildSettings;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #nextId = 0;

  constructor(settings: ChildSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  call<Name extends keyof Calls>(name: Name, body: Calls[Name]["body"]): Promise<Calls[Name]["result"]> {
    this.#child ??= this.#start();
    const child = this.#child;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const end = () => {
        callOff();
        this.#pending.delete(id);
        if (this.#pending.size === 0) unref(child);
      };
      const callOff = this.#clock.after(callMsMax, () => this.#stop(child, `no answer within ${callMsMax / 1000} s`));
      this.#pending.set(id, {
        settle: (reply) => {
          end();
          if ("error" in reply) reject(failed(reply.error));
          else resolve(reply.result as Calls[Name]["result"]);
        },
        fail: (error) => {
          end();
          reject(error);
        },
      });
      child.ref();
      child.channel?.ref();
      send(child, { id, name, body });
    });
  }

  close(): void {
    if (this.#child !== undefined) this.#stop(this.#child, "closed");
  }

  #start(): ChildProcess {
    // Its own output is for people who look for a crash: the library writes nothing else.
    const child = fork(entry.file, [], {
      execArgv: execArgvOf(entry),
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("message", (reply: Reply) => this.#pending.get(reply.id)?.settle(reply));
    child.on("error", (error) => this.#stop(child, error.message));
    child.on("exit", (code, signal) => this.#stop(child, `the process ended (${signal ?? `exit code ${code}`})`));
    send(child, { settings: this.#settings });
    return child;
  }

  #stop(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    child.kill("SIGKILL");
    for (const { fail } of [...this.#pending.values()]) fail(failed(reason));
  }
}

/** A process that is gone is reported by its exit. */
function send(child: ChildProcess, message: Message): void {
  child.send(message, () => {});
}

/** Nobody waits for it: the program may end. */
function unref(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

function failed(reason: string): Failed {
  return new Failed("INTERNAL", `content credentials: ${reason}`, { retryable: true });
}
