/**
 * Gives each operation on a socket an id that no other ever had: a client's "a" is "7 a" inside. A client may use an id
 * again as soon as it has completed it, but graphql-ws finds operations by id alone: while the end of the first is under
 * way, it takes the second for it, and ends the wrong one or neither.
 */
export class OperationIds {
  readonly #running: () => readonly string[];
  #count = 0;

  /** `running` gives the inner ids of what runs on the socket. */
  constructor(running: () => readonly string[]) {
    this.#running = running;
  }

  /** A client's message with the inner id. What is no message stays as it is or becomes nothing, to be refused. */
  inner(text: string): string {
    const message = parse(text);
    if (!message) return text;
    const running = this.#running().find((id) => outerId(id) === message.id);
    try {
      return JSON.stringify({ ...message, id: running ?? this.#innerId(message) });
    } catch {
      // Nested deeper than can be written, though it could be read.
      return "";
    }
  }

  #innerId({ type, id }: ClientMessage): string {
    if (type === "subscribe") this.#count += 1;
    // Whoever completes what does not run completes nothing.
    return `${type === "subscribe" ? this.#count : 0} ${id}`;
  }
}

interface ClientMessage {
  readonly type: "subscribe" | "complete";
  readonly id: string;
}

function parse(text: string): ClientMessage | undefined {
  try {
    const message = JSON.parse(text);
    const named = message?.type === "subscribe" || message?.type === "complete";
    return named && typeof message.id === "string" && message.id !== "" ? message : undefined;
  } catch {
    return undefined;
  }
}

/** The id that the client knows. */
export function outerId(innerId: string): string {
  return innerId.slice(innerId.indexOf(" ") + 1);
}

/** A message of graphql-ws, which begins with the id if it has one, as its client is to get it. */
export function outer(text: string): string {
  return text.replace(/^\{"id":"\d+ /, '{"id":"');
}
