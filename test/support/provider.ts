import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

export interface Asked {
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** How a provider behaves towards one request. */
export type Behaviour = (asked: Asked, response: ServerResponse) => void;

/** A real server on this machine in the place of a moderation provider. */
export interface Provider extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
  behave(behaviour: Behaviour): void;
}

export function answering(value: unknown, status = 200): Behaviour {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof value === "string" ? value : JSON.stringify(value));
  };
}

/** 16 MiB of blanks. */
const packed = gzipSync(Buffer.alloc(16 * 2 ** 20, " "));

/** Ways to misbehave, each of which must hold the content. */
export const misbehaviours: Readonly<Record<string, Behaviour>> = {
  "answers 500": answering({ error: "oops" }, 500),
  "answers 429": answering({}, 429),
  "answers 401": answering({}, 401),
  "answers 204": (_, response) => {
    response.writeHead(204);
    response.end();
  },
  redirects: (_, response) => {
    response.writeHead(302, { location: "https://example.org/" });
    response.end();
  },
  "never answers": () => {},
  "begins an answer and falls silent": (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write("{");
  },
  "drips a byte at a time and never ends": (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const dripping = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(dripping));
  },
  "breaks the connection": (_, response) => response.destroy(),
  "breaks it in the middle": (_, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"scores":');
    setImmediate(() => response.destroy());
  },
  "answers garbage": answering("<html>all is well</html>"),
  "answers an empty object": answering({}),
  "answers null": answering("null"),
  "answers what is small only while it is packed": (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(packed);
  },
  "answers with headers without end": (_, { socket }) => {
    socket!.write(`HTTP/1.1 200 OK\r\n${"x-more: and more\r\n".repeat(10_000)}`);
  },
  "answers without end": (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const chunk = Buffer.alloc(64 * 1024, " ");
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more);
    more();
  },
};

export async function startProvider(): Promise<Provider> {
  const asked: Asked[] = [];
  let behaviour: Behaviour = answering({});
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = { headers: request.headers, body: Buffer.concat(chunks) };
      asked.push(one);
      behaviour(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/moderate`,
    asked,
    behave: (next) => {
      behaviour = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
