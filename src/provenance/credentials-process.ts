import { type ChildProcess, fork } from "node:child_process";
import { childEnvironment } from "../config/child-environment.ts";
import type { Clock } from "../core/clock.ts";
import { Failed } from "../core/errors.ts";
import { inTurn } from "../core/in-turn.ts";
import { entryPoint, execArgvOf } from "../core/program.ts";
import type { Calls, ChildSettings, Message, Reply } from "./credentials-child.ts";

/** A picture takes tens of milliseconds and a timestamp a second; a process that says nothing for so long never will. */
const callMsMax = 15_000;
/** Of the first call of a process, which has to start and load the library: on a busy machine that alone takes longer. */
const firstCallMsMax = 60_000;

const entry = entryPoint("provenance/credentials-child");

interface Pending {
  settle(reply: Reply): void;
  fail(error: Failed): void;
}

/**
 * Calls into the process of the C2PA library, sent one at a time: each has its whole time for itself, and a file on which
 * the process dies or hangs fails no other's call. The next call starts another process.
 */
export class CredentialsProcess {
  readonly #settings: ChildSettings;
  readonly #clock: Clock;
  readonly #inTurn = inTurn();
  #child: ChildProcess | undefined;
  #pending: Pending | undefined;
  #closed = false;

  constructor(settings: ChildSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  call<Name extends keyof Calls>(name: Name, body: Calls[Name]["body"]): Promise<Calls[Name]["result"]> {
    return this.#inTurn(() => this.#call(name, body));
  }

  #call<Name extends keyof Calls>(name: Name, body: Calls[Name]["body"]): Promise<Calls[Name]["result"]> {
    if (this.#closed) return Promise.reject(failed("closed"));
    const msMax = this.#child === undefined ? firstCallMsMax : callMsMax;
    this.#child ??= this.#start();
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const end = () => {
        callOff();
        this.#pending = undefined;
        unref(child);
      };
      const callOff = this.#clock.after(msMax, () => this.#stop(child, `no answer within ${msMax / 1000} s`));
      this.#pending = {
        settle: (reply) => {
          end();
          if ("error" in reply) reject(failed(reply.error));
          else resolve(reply.result as Calls[Name]["result"]);
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      child.ref();
      child.channel?.ref();
      send(child, { name, body });
    });
  }

  close(): void {
    this.#closed = true;
    if (this.#child !== undefined) this.#stop(this.#child, "closed");
  }

  #start(): ChildProcess {
    // Its own output is for people who look for a crash: the library writes nothing else.
    const child = fork(entry.file, [], {
      execArgv: execArgvOf(entry),
      env: childEnvironment(),
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("message", (reply: Reply) => {
      // One that was given up may still have said something.
      if (this.#child === child) this.#pending?.settle(reply);
    });
    child.on("error", (error) => this.#stop(child, error.message));
    child.on("exit", (code, signal) => this.#stop(child, `the process ended (${signal ?? `exit code ${code}`})`));
    send(child, { settings: this.#settings });
    return child;
  }

  #stop(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    child.kill("SIGKILL");
    this.#pending?.fail(failed(reason));
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
