import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** What waits for one client at most: shared strings, but each client keeps them alive. */
const waitingBytesMax = 2 ** 20;

interface Waiting {
  readonly id: string;
  readonly text: string;
}

/**
 * Messages on their way to one client. While the client reads they go straight out. When its connection is full they wait
 * in order, and of those that supersede each other only the latest; one that lets too much gather is sent away (1013) and
 * may come back and replay.
 */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #connection: Duplex;
  /** By what supersedes them, or by a number of their own. */
  readonly #waiting = new Map<string | number, Waiting>();
  #waitingBytes = 0;
  #counter = 0;

  constructor(socket: WebSocket, connection: Duplex) {
    this.#socket = socket;
    this.#connection = connection;
    connection.on("drain", () => this.#flush());
  }

  /**
   * Sends a message of an operation, or lets it wait. A later message of the same operation with the same `supersedes`
   * takes the place of one that still waits.
   */
  send(text: string, id = "", supersedes?: string): void {
    if (this.#waiting.size === 0 && !this.#connection.writableNeedDrain) this.#socket.send(text);
    else this.#wait(text, id, supersedes);
  }

  /** Drops what waits of an operation that its client has ended. */
  forget(id: string): void {
    for (const [key, waiting] of this.#waiting) if (waiting.id === id) this.#take(key, waiting);
  }

  #wait(text: string, id: string, supersedes: string | undefined): void {
    this.#counter += 1;
    const key = supersedes === undefined ? this.#counter : `${id} ${supersedes}`;
    const older = this.#waiting.get(key);
    if (older !== undefined) this.#take(key, older);
    this.#waiting.set(key, { id, text });
    this.#waitingBytes += text.length;
    if (this.#waitingBytes <= waitingBytesMax) return;
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#socket.close(1013, "The client reads too slowly");
  }

  #flush(): void {
    for (const [key, waiting] of this.#waiting) {
      if (this.#connection.writableNeedDrain) return;
      this.#take(key, waiting);
      this.#socket.send(waiting.text);
    }
  }

  #take(key: string | number, { text }: Waiting): void {
    this.#waiting.delete(key);
    this.#waitingBytes -= text.length;
  }
}
