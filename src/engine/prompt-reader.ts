import { join } from "node:path";
import { Failed } from "../core/errors.ts";
import { projectFolder } from "../core/program.ts";
import { EngineProcess } from "./child-process.ts";

/** Times that a prompt is read when the process dies of it or beside it. */
const triesMax = 2;

/** Where the one lies that comes with the program, whatever image models there are. */
export const promptReaderFolder = join(projectFolder, "models", "prompt-reader");

export interface PromptReaderOptions {
  /** Of a text classifier; see `TextClassifier`. */
  readonly folder: string;
  /** Gets what the process prints and what happens to it; never prompts. */
  readonly log?: (line: string) => void;
}

/**
 * A text classifier in an engine process of its own, so that a prompt does not wait for a denoising step. It starts at
 * the first prompt, and again at the next one when it has died.
 */
export class PromptReader implements AsyncDisposable {
  readonly #folder: string;
  readonly #log: (line: string) => void;
  #process: EngineProcess | undefined;
  #closed = false;

  constructor({ folder, log = () => {} }: PromptReaderOptions) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Of the process; undefined before the first prompt. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Log-odds by label, of which there are none for a prompt that it cannot read. Rejects with `Refused` BAD_MODEL when the
   * folder holds no such classifier, CANCELLED when the signal aborts, with `Failed` when the process died twice.
   */
  async read(prompt: string, signal?: AbortSignal): Promise<Readonly<Record<string, number>>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return (await this.#alive().call("readPrompt", { folder: this.#folder, prompt }, signal)).logOdds;
      } catch (error) {
        if (!(error instanceof Failed && error.retryable) || tries === triesMax || this.#closed) throw error;
      }
    }
  }

  #alive(): EngineProcess {
    if (this.#closed) throw new Failed("ENGINE_FAILED", "the prompt reader is closed", { retryable: false });
    this.#process ??= new EngineProcess(this.#log, (reason) => {
      this.#process = undefined;
      if (!this.#closed) this.#log(`the prompt reader died (${reason})`);
    });
    return this.#process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#process?.kill();
  }
}
