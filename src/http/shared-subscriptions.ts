import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from "graphql";

/** Who receives the results of a subscription. Payloads are JSON; those with one `supersedes` replace each other. */
export interface Subscriber {
  next(payload: string, supersedes: string | undefined): void;
  end(): void;
  fail(error: unknown): void;
}

/**
 * Whether those who ask the same share one execution. `replay`: a later one first gets all that was sent so far, for
 * streams that begin with their past. `live`: it gets what comes from now on.
 */
export type SharedFrom = "replay" | "live";

export interface SubscriptionPorts {
  /** What an event of the source supersedes while a client is slow: "steps of picture 2", or undefined for nothing. */
  supersedes(event: unknown): string | undefined;
  /** A result as it is sent: JSON, errors formatted. */
  stringify(result: ExecutionResult): string;
}

/** What to run. The context is made for every event anew: nothing that it loads grows old. */
export type SharedArgs = Omit<ExecutionArgs, "contextValue" | "rootValue"> & { readonly context: () => unknown };

/** A stream that began with its past is joined only while all of it is in hand; later ones begin anew. */
const pastBytesMax = 2 ** 18;

interface Sent {
  readonly payload: string;
  readonly supersedes: string | undefined;
}

/**
 * Runs subscriptions, each once however many ask the same: an event is resolved and turned to JSON once, and every
 * subscriber is handed the same string.
 */
export class SharedSubscriptions {
  readonly #ports: SubscriptionPorts;
  readonly #streams = new Map<string, Stream>();

  constructor(ports: SubscriptionPorts) {
    this.#ports = ports;
  }

  /**
   * Subscribes; the function returned ends it. Two with one `key` share an execution, so the key must hold all that the
   * results depend on: document, operation, variables, account and role. Without a key nothing is shared.
   */
  join(key: string | undefined, from: SharedFrom, args: SharedArgs, subscriber: Subscriber): () => void {
    let stream = key === undefined ? undefined : this.#streams.get(key);
    if (stream !== undefined) {
      stream.add(subscriber);
      return () => stream!.remove(subscriber);
    }
    const started = new Stream(this.#ports, from, () => {
      if (key !== undefined && this.#streams.get(key) === started) this.#streams.delete(key);
    });
    stream = started;
    if (key !== undefined) this.#streams.set(key, started);
    started.add(subscriber);
    void started.run(args);
    return () => started.remove(subscriber);
  }
}

class Stream {
  readonly #ports: SubscriptionPorts;
  /** Called when nobody may join any more. */
  readonly #onClose: () => void;
  readonly #subscribers = new Set<Subscriber>();
  /** What a later subscriber is told first; undefined when that is nothing. */
  #past: Sent[] | undefined;
  #pastBytes = 0;
  #events: AsyncIterator<unknown> | undefined;
  #abandoned = false;

  constructor(ports: SubscriptionPorts, from: SharedFrom, onClose: () => void) {
    this.#ports = ports;
    this.#past = from === "replay" ? [] : undefined;
    this.#onClose = onClose;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    for (const { payload, supersedes } of this.#past ?? []) subscriber.next(payload, supersedes);
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size > 0) return;
    this.#abandoned = true;
    this.#onClose();
    // Not awaited: a source may be in the middle of a read, and nobody waits for it.
    void this.#events?.return?.();
  }

  async run({ context, ...args }: SharedArgs): Promise<void> {
    try {
      const source = await createSourceEventStream({ ...args, contextValue: await context() });
      if (Symbol.asyncIterator in source) {
        const events = source[Symbol.asyncIterator]();
        this.#events = events;
        if (this.#abandoned) await events.return?.();
        for await (const event of { [Symbol.asyncIterator]: () => events }) {
          const result = await execute({ ...args, contextValue: await context(), rootValue: event });
          this.#publish(result, this.#ports.supersedes(event));
        }
      } else this.#publish(source, undefined);
      this.#finish((subscriber) => subscriber.end());
    } catch (error) {
      this.#finish((subscriber) => subscriber.fail(error));
    }
  }

  #publish(result: ExecutionResult, supersedes: string | undefined): void {
    const payload = this.#ports.stringify(result);
    if (this.#past !== undefined) this.#remember(this.#past, { payload, supersedes });
    for (const subscriber of this.#subscribers) subscriber.next(payload, supersedes);
  }

  #remember(past: Sent[], sent: Sent): void {
    const older =
      sent.supersedes === undefined ? -1 : past.findIndex(({ supersedes }) => supersedes === sent.supersedes);
    if (older >= 0) this.#pastBytes -= past.splice(older, 1)[0]!.payload.length;
    past.push(sent);
    this.#pastBytes += sent.payload.length;
    if (this.#pastBytes <= pastBytesMax) return;
    this.#past = undefined;
    this.#onClose();
  }

  #finish(tell: (subscriber: Subscriber) => void): void {
    this.#onClose();
    for (const subscriber of this.#subscribers) tell(subscriber);
    this.#subscribers.clear();
  }
}
