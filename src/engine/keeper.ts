import { type Clock, pause } from "../core/clock.ts";
import { Failed, Refused } from "../core/errors.ts";
import { inTurn } from "../core/in-turn.ts";
import type { ProviderName } from "../model/provider.ts";
import { EngineProcess } from "./child-process.ts";
import type { EngineHealth, EngineState, LoadReport } from "./engine.ts";
import type { Body } from "./protocol.ts";
import { whileNot } from "./waiting.ts";

/** Before the first restart, doubled for each further death during start-up. */
const restartMs = 50;
const restartMsMax = 5_000;
/** Deaths during start-up in a row after which nothing is tried any more. */
const startsMax = 5;
/** After the shutdown message, before the child is killed. A run that goes on is not waited for. */
const graceMs = 2_000;

/** Keeps one child alive with one model loaded: starts it again when it dies, and says why when it cannot. */
export class Keeper implements AsyncDisposable {
  readonly #log: (line: string) => void;
  readonly #clock: Clock;
  readonly #loads = inTurn();
  #state: EngineState = "down";
  #child: EngineProcess | undefined;
  #model: Body<"load"> | undefined;
  /** Settles when the current start, or restart, has come to an end. */
  #ready: Promise<LoadReport> | undefined;
  #deaths = 0;
  #lastDeath: string | undefined;
  #provider: ProviderName | undefined;
  #failedStarts = 0;
  readonly #closing = new AbortController();
  #onExit: () => void = () => {};

  constructor(log: (line: string) => void, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  get health(): EngineHealth {
    const pid = this.#child?.pid;
    return {
      state: this.#state,
      deaths: this.#deaths,
      ...(pid === undefined ? {} : { pid }),
      ...(this.#provider === undefined ? {} : { provider: this.#provider }),
      ...(this.#lastDeath === undefined ? {} : { lastDeath: this.#lastDeath }),
    };
  }

  /** The child that is up, after waiting for a start under way. */
  async up(signal?: AbortSignal): Promise<EngineProcess> {
    this.#mustBeOpen();
    if (this.#ready !== undefined) await whileNot(signal, this.#ready);
    if (this.#child !== undefined && this.#state === "up") return this.#child;
    const why = this.#lastDeath ?? "no model has been loaded";
    throw new Failed("ENGINE_FAILED", `the engine is ${this.#state}: ${why}`, { retryable: false });
  }

  /** Loads a model into the child, starting one where there is none. One load after the other. */
  load(model: Body<"load">, signal?: AbortSignal): Promise<LoadReport> {
    return whileNot(
      signal,
      this.#loads(() => this.#load(model)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#closing.abort();
    const child = this.#child;
    if (child === undefined) return;
    const exited = new Promise<void>((resolve) => {
      this.#onExit = resolve;
    });
    const callOff = this.#clock.after(graceMs, () => child.kill());
    void child.call("shutDown", {}).catch(() => {});
    await exited;
    callOff();
  }

  async #load(model: Body<"load">): Promise<LoadReport> {
    // A start under way is of the model before: it is waited for, whatever comes of it.
    await this.#ready?.catch(() => {});
    this.#mustBeOpen();
    const child = this.#child;
    const before = this.#model;
    this.#model = model;
    if (child === undefined || before === undefined || this.#state !== "up") {
      this.#failedStarts = 0;
      this.#ready = this.#start();
      return this.#ready;
    }
    try {
      return await this.#open(child, model);
    } catch (error) {
      // The child gives up its model before it opens another; what worked is brought back.
      this.#model = before;
      if (this.#child === child) await this.#open(child, before).catch(() => child.kill());
      throw error;
    }
  }

  /** A child with the model loaded, tried again with growing pauses until it stands or `startsMax` starts have failed. */
  async #start(): Promise<LoadReport> {
    for (;;) {
      this.#mustBeOpen();
      this.#state = "starting";
      try {
        return await this.#startOnce();
      } catch (error) {
        // One that answered with an error is still alive.
        this.#child?.kill();
        if (error instanceof Refused || (error instanceof Failed && !error.retryable)) return this.#giveUp(error);
        this.#failedStarts += 1;
        if (this.#failedStarts >= startsMax) {
          const message = `the engine died ${startsMax} times while starting: ${this.#lastDeath}`;
          return this.#giveUp(new Failed("ENGINE_FAILED", message, { retryable: false, cause: error }));
        }
        await this.#pause(Math.min(restartMsMax, restartMs * 2 ** this.#failedStarts));
      }
    }
  }

  async #startOnce(): Promise<LoadReport> {
    const child = new EngineProcess(this.#log, (reason) => this.#died(child, reason));
    this.#child = child;
    const report = await this.#open(child, this.#model!);
    this.#mustBeOpen();
    this.#state = "up";
    this.#failedStarts = 0;
    this.#ready = undefined;
    const { name, outcomes } = report;
    const { got, passedOver } = outcomes.transformer;
    this.#log(`engine ${child.pid} is up: ${name} on ${got}`);
    // After a death nobody reads the report: what it runs on may have changed.
    if (this.#deaths > 0) for (const line of passedOver) this.#log(`provider passed over: ${line}`);
    return report;
  }

  async #open(child: EngineProcess, model: Body<"load">): Promise<LoadReport> {
    const report = await child.call("load", model);
    this.#provider = report.outcomes.transformer.got;
    return report;
  }

  #giveUp(error: Error): never {
    this.#ready = undefined;
    if (this.#state !== "closed") this.#state = "down";
    this.#log(`engine is down: ${error.message}`);
    throw error;
  }

  #died(child: EngineProcess, reason: string): void {
    if (this.#child === child) this.#child = undefined;
    this.#onExit();
    if (this.#state === "closed" || this.#state === "down") return;
    this.#deaths += 1;
    this.#lastDeath = reason;
    this.#log(`engine ${child.pid} died: ${reason}`);
    // A death while starting is met by the loop that started it.
    if (this.#state !== "up") return;
    this.#state = "waiting";
    this.#ready = this.#pause(restartMs).then(() => this.#start());
    // Those who wait for it get the error; nobody waiting must not end the process.
    this.#ready.catch(() => {});
  }

  /** Ends early when the engine is shut down. */
  #pause(ms: number): Promise<void> {
    return pause(this.#clock, ms, this.#closing.signal);
  }

  #mustBeOpen(): void {
    if (this.#state !== "closed") return;
    throw new Failed("ENGINE_FAILED", "the engine has been shut down", { retryable: false });
  }
}
