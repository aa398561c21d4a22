import type { WriteStream } from "node:tty";

const width = 28;
/** Between two drawings; more often is only flicker. */
const redrawMsMin = 80;

/**
 * One line that redraws itself on a terminal. Where there is no terminal it prints a line per tenth, so that a log shows
 * progress without a thousand lines.
 */
export class ProgressBar {
  readonly #stream: WriteStream;
  readonly #label: string;
  #drawnAt = 0;
  #tenth = -1;

  constructor(label: string, stream: WriteStream = process.stderr) {
    this.#label = label;
    this.#stream = stream;
  }

  /** `share` 0…1 done; `note` stands behind the bar. */
  update(share: number, note: string): void {
    const done = Math.min(1, Math.max(0, share));
    const percent = `${Math.round(done * 100)}`.padStart(3);
    if (!this.#stream.isTTY) {
      const tenth = Math.floor(done * 10);
      if (tenth > this.#tenth) this.#stream.write(`${this.#label} ${percent} %  ${note}\n`);
      this.#tenth = Math.max(tenth, this.#tenth);
      return;
    }
    const now = performance.now();
    if (done < 1 && now - this.#drawnAt < redrawMsMin) return;
    this.#drawnAt = now;
    const filled = Math.round(done * width);
    const line = `${this.#label} ${"█".repeat(filled)}${"░".repeat(width - filled)} ${percent} %  ${note}`;
    this.#stream.write(`\r${line.slice(0, (this.#stream.columns ?? 80) - 1)}\x1b[K`);
  }

  /** Takes the line away, so that what follows starts clean. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }
}
