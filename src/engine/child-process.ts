import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { childEnvironment } from "../config/child-environment.ts";
import { Failed, Refused } from "../core/errors.ts";
import { entryPoint, execArgvOf } from "../core/program.ts";
import { textMax } from "./limits.ts";
import { type Body, parseReply, type RequestName, type Results } from "./protocol.ts";
import { decodeError } from "./wire-error.ts";

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly release: () => void;
}

const entry = entryPoint("engine/child/worker");

/** One life of the engine's process: sends requests, gives each its reply, and fails all of them when it dies. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #death: string | undefined;

  /** `onDeath` is called once, after every call in flight has been rejected. */
  constructor(log: (line: string) => void, onDeath: (reason: string) => void) {
    this.#child = fork(entry.file, [], {
      execArgv: execArgvOf(entry),
      env: childEnvironment(),
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => log(line.slice(0, textMax)));
    }
    const die = (reason: string) => {
      if (this.#death !== undefined) return;
      this.#death = reason;
      for (const { reject, release } of this.#pending.values()) {
        release();
        reject(died(reason));
      }
      this.#pending.clear();
      onDeath(reason);
    };
    this.#child.on("message", (message) => this.#receive(message));
    this.#child.on("error", (error) => die(error.message));
    this.#child.on("exit", (code, signal) => die(signal === null ? `exit code ${code}` : `signal ${signal}`));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends one request. An aborted signal rejects at once; the reply, if one comes, is dropped. */
  call<Name extends RequestName>(name: Name, body: Body<Name>, signal?: AbortSignal): Promise<Results[Name]> {
    return new Promise((resolve, reject) => {
      if (this.#death !== undefined) return reject(died(this.#death));
      if (signal?.aborted) return reject(cancelled());
      const id = this.#nextId++;
      const onAbort = () => {
        if (!this.#pending.delete(id)) return;
        this.#child.send({ cancel: id }, () => {});
        reject(cancelled());
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const release = () => signal?.removeEventListener("abort", onAbort);
      this.#pending.set(id, { resolve, reject, release });
      this.#child.send({ id, name, body }, (error) => {
        // Its exit fails this call with all the others: one that lives on unreached would keep them waiting for ever.
        if (error !== null) this.kill();
      });
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #receive(message: unknown): void {
    const reply = parseReply(message);
    // A child that does not keep to the protocol cannot be trusted with the calls in flight.
    if (reply === undefined) this.kill();
    const pending = reply && this.#pending.get(reply.id);
    if (reply === undefined || pending === undefined) return;
    this.#pending.delete(reply.id);
    pending.release();
    if ("error" in reply) pending.reject(decodeError(reply.error));
    else pending.resolve(reply.result as never);
  }
}

function died(reason: string): Failed {
  return new Failed("ENGINE_FAILED", `the engine process died (${reason})`, { retryable: true });
}

function cancelled(): Refused {
  return new Refused("CANCELLED", "cancelled");
}
