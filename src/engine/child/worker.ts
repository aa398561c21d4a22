import { Worker } from "node:worker_threads";
import { nextTurn } from "../../core/clock.ts";
import { Failed, Refused } from "../../core/errors.ts";
import { queueMax } from "../limits.ts";
import { parseMessage, type Reply, type Request, type RequestName } from "../protocol.ts";
import { encodeError } from "../wire-error.ts";
import { Commands } from "./commands.ts";

/**
 * The engine's process. It obeys its parent's messages one after the other, and never outlives it: `disconnect` is not
 * delivered while a run blocks this thread, so a second thread watches the parent's process id twice a second.
 */
const watchdog = `
  const parent = process.ppid;
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    Atomics.wait(never, 0, 0, 500);
    if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  }
`;

/**
 * Calls that fail of no known reason, without a network run between them, after which this process ends, to be started anew:
 * a CUDA context that is lost once fails every call for as long as its process lives. Fewer than the failures after which
 * an edit is given up, so that it is tried in the next one too.
 */
const failuresMax = 2;
/** Calls that never succeed without a run; encodings say whether there was one. */
const running: ReadonlySet<RequestName> = new Set(["step", "decode", "classify", "readPrompt"]);

const commands = new Commands();
const queue: Request[] = [];
let working = false;
let failures = 0;

function reply(message: Reply, sent = () => {}): void {
  process.send?.(message, (error: Error | null) => {
    if (error !== null) process.exit(1);
    sent();
  });
}

function endBroken(): void {
  process.stderr.write(`${failuresMax} calls in a row failed and no network ran between: this process ends\n`);
  process.exit(1);
}

function receive(message: unknown): void {
  const parsed = parseMessage(message);
  if (parsed.kind === "noise") {
    process.stderr.write("dropped a message without an id\n");
  } else if (parsed.kind === "malformed") {
    reply({ id: parsed.id, error: encodeError(new Refused("BAD_INPUT", parsed.fault)) });
  } else if (parsed.kind === "cancel") {
    const at = queue.findIndex(({ id }) => id === parsed.target);
    if (at >= 0) reply({ id: queue.splice(at, 1)[0]!.id, error: encodeError(new Refused("CANCELLED", "cancelled")) });
  } else if (queue.length >= queueMax) {
    reply({
      id: parsed.request.id,
      error: encodeError(new Failed("ENGINE_FAILED", "too many calls are waiting", { retryable: true })),
    });
  } else {
    queue.push(parsed.request);
    if (!working) void work();
  }
}

async function work(): Promise<void> {
  working = true;
  for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
    const { id, name } = request;
    try {
      const result = await commands.handle(request);
      reply({ id, result });
      if (running.has(name) || ("cached" in result && !result.cached)) failures = 0;
    } catch (error) {
      // Who asked for a model is told why it cannot be opened, and the one before may still run.
      const unknown = !(error instanceof Refused || error instanceof Failed || name === "load");
      if (unknown) failures += 1;
      const broken = unknown && failures >= failuresMax;
      reply({ id, error: encodeError(error) }, broken ? endBroken : undefined);
      if (broken) return;
    }
    if (name === "shutDown") process.disconnect();
    // What came in during a run is read now: a cancellation takes effect before the next request.
    await nextTurn();
  }
  working = false;
}

new Worker(watchdog, { eval: true }).unref();
process.on("message", receive);
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole process group, and systemd ends every process of a service: what that means is the parent's business.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
