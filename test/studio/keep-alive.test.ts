import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "graphql-ws";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { keepAlive } from "../../src/studio/keep-alive.ts";

/** A server that lets everybody in, and may answer pings or not. */
class Letting implements AsyncDisposable {
  readonly #http = createServer();
  readonly #sockets = new WebSocketServer({ server: this.#http });
  answers = true;
  readonly #onPing: (() => void)[] = [];

  async listen(): Promise<string> {
    this.#sockets.on("connection", (socket) => {
      socket.on("message", (data) => {
        const { type } = JSON.parse(String(data));
        if (type === "connection_init") socket.send(JSON.stringify({ type: "connection_ack" }));
        if (type !== "ping") return;
        if (this.answers) socket.send(JSON.stringify({ type: "pong" }));
        this.#onPing.shift()?.();
      });
    });
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  pinged(): Promise<void> {
    return new Promise((resolve) => {
      this.#onPing.push(resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
    await once(this.#http, "close");
  }
}

describe("a socket that is kept alive", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is given up when a ping is not answered, and not before", async () => {
    await using server = new Letting();
    const url = await server.listen();
    const alive = keepAlive(() => client.terminate());
    let [closed, hear] = [0, () => {}];
    const client = createClient({
      ...alive,
      url,
      webSocketImpl: WebSocket,
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
      on: {
        ...alive.on,
        connected: () => hear(),
        pong: (received) => {
          alive.on.pong(received);
          hear();
        },
        closed: () => {
          closed += 1;
          alive.on.closed();
        },
      },
    });
    const heard = () =>
      new Promise<void>((resolve) => {
        hear = resolve;
      });
    await heard();
    for (let ping = 0; ping < 2; ping += 1) {
      const answered = heard();
      vi.advanceTimersByTime(15_000);
      await answered;
    }
    vi.advanceTimersByTime(5_000);
    expect(closed).toBe(0);
    server.answers = false;
    const pinged = server.pinged();
    vi.advanceTimersByTime(10_000);
    await pinged;
    vi.advanceTimersByTime(4_999);
    expect(closed).toBe(0);
    vi.advanceTimersByTime(1);
    expect(closed).toBe(1);
  });
});
