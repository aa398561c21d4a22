import { Worker } from "node:worker_threads";
import type { Clock } from "../core/clock.ts";
import { Failed } from "../core/errors.ts";
import type { Calls, Reply, WorkerSettings } from "./credentials-worker.ts";

/** A picture takes tens of milliseconds and a timestamp a second; a thread that says nothing for so long never will. */
const callMsMax = 15_000;

const entry = new URL("./credentials-entry.js", import.meta.url);

interface Pending {
  settle(reply: Reply): void;
  fail(error: Failed): void;
}

/** Calls into the thread of the C2PA library. A thread that dies or hangs fails its calls; the next call starts another. */
export class CredentialsThread {
  readonly #settings: WorkerSettings;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #nextId = 0;

  constructor(settings: WorkerSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  call<Name extends keyof Calls>(name: Name, body: Calls[Name]["body"]): Promise<Calls[Name]["result"]> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const end = () => {
        callOff();
        this.#pending.delete(id);
        if (this.#pending.size === 0) worker.unref();
      };
      const callOff = this.#clock.after(callMsMax, () => this.#stop(worker, `no answer within ${callMsMax / 1000} s`));
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
      worker.ref();
      worker.postMessage({ id, name, body });
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(entry, { execArgv: [], workerData: this.#settings });
    worker.on("message", (reply: Reply) => this.#pending.get(reply.id)?.settle(reply));
    worker.on("error", (error) => this.#stop(worker, error.message));
    worker.on("exit", () => this.#stop(worker, "the thread ended"));
    worker.unref();
    return worker;
  }

  #stop(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    void worker.terminate();
    for (const { fail } of [...this.#pending.values()]) fail(failed(reason));
  }
}

function failed(reason: string): Failed {
  return new Failed("INTERNAL", `content credentials: ${reason}`, { retryable: true });
}
