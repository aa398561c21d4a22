import { type Clock, every } from "../core/clock.ts";
import type { Closers } from "../core/closers.ts";
import type { Engine } from "../engine/engine.ts";

/** Between two looks at whether the engine has given up. */
const lookMs = 10_000;

export interface RevivalOptions {
  readonly engine: Pick<Engine, "health">;
  /** Loads the model. What it fails of is in the engine's own log. */
  readonly load: () => Promise<unknown>;
  readonly clock: Clock;
}

/**
 * Has the model loaded again when the engine has given up, though nobody asks it for anything: a server that is not ready is
 * sent no edits. Returns the same for whoever waits for it; all that ask at once get the one load.
 */
export function openRevival({ engine, load, clock }: RevivalOptions, closers: Closers): () => Promise<void> {
  let loading: Promise<unknown> | undefined;
  const revive = async () => {
    if (loading === undefined && engine.health.state === "down") {
      loading = load().finally(() => {
        loading = undefined;
      });
    }
    await loading;
  };
  // Not waited for: a server that stops would wait for a model that it no longer needs.
  const look = async () => void revive().catch(() => {});
  closers.use(every(clock, lookMs, look, () => {}));
  return revive;
}
