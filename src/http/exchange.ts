import type { IncomingMessage, ServerResponse } from "node:http";

/** One request and its answer, as the handlers see them. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** The target's path as received, and its query without the question mark. */
  readonly path: string;
  readonly query: string;
  /** The route's template, for metrics and logs: they must not hold ids or signatures. */
  route = "none";
  /** What the path has where the template has `:id`. */
  id = "";
  /** A client that sent `Expect: 100-continue` sends no body before it is told to. */
  #awaitsContinue: boolean;

  constructor(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) {
    this.request = request;
    this.response = response;
    this.method = request.method!;
    const target = request.url!;
    const questionMark = target.indexOf("?");
    this.path = questionMark < 0 ? target : target.slice(0, questionMark);
    this.query = questionMark < 0 ? "" : target.slice(questionMark + 1);
    this.#awaitsContinue = awaitsContinue;
  }

  /** Lets the body come. Handlers call it once nothing more can be refused from the headers alone. */
  welcomeBody(): void {
    if (this.#awaitsContinue) this.response.writeContinue();
    this.#awaitsContinue = false;
  }

  /** Whether the client has yet to be told to send its body. */
  get holdsBodyBack(): boolean {
    return this.#awaitsContinue;
  }

  send(status: number, headers: Record<string, string | number>, body: string | Uint8Array = ""): void {
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    this.response.writeHead(
      status,
      status === 204 || status === 304 ? headers : { ...headers, "content-length": length },
    );
    this.response.end(this.method === "HEAD" ? undefined : body);
  }

  sendJson(status: number, body: unknown, headers: Record<string, string | number> = {}): void {
    const own = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
    this.send(status, { ...own, ...headers }, `${JSON.stringify(body)}\n`);
  }
}

export type Handler = (exchange: Exchange) => Promise<void> | void;
