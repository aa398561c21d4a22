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

  /** A client's message with the inner id. What is none of a client's stays as it is or becomes nothing, to be refused. */
  inner(text: string): string {
    const message = parse(text);
    if (isOfServer(message)) return "";
    if (!isNamed(message)) return text;
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

function parse(text: string): { readonly type?: unknown; readonly id?: unknown } | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

function isNamed(message: ReturnType<typeof parse>): message is ClientMessage {
  const named = message?.type === "subscribe" || message?.type === "complete";
  return named && typeof message.id === "string" && message.id !== "";
}

/** A server's own messages are well formed too, and graphql-ws would take one for a fault of the server. */
function isOfServer(message: ReturnType<typeof parse>): boolean {
  return message?.type === "connection_ack" || message?.type === "next" || message?.type === "error";
}

/** The id that the client knows. */
export function outerId(innerId: string): string {
  return innerId.slice(innerId.indexOf(" ") + 1);
}

/** A message of graphql-ws, which begins with the id if it has one, as its client is to get it. */
export function outer(text: string): string {
  return text.replace(/^\{"id":"\d+ /, '{"id":"');
}
