import { once } from "node:events";
import { WebSocket } from "ws";

/** What the benchmark tells this process, which plays all its clients. */
export type ClientCommand =
  | { readonly kind: "open"; readonly url: string; readonly sockets: number; readonly query?: string }
  | { readonly kind: "expect"; readonly messages: number };

let awaited = 0;

function onMessage(): void {
  awaited -= 1;
  if (awaited === 0) process.send!("received");
}

async function open(url: string, query: string | undefined, id: string): Promise<void> {
  const socket = new WebSocket(url, query === undefined ? [] : ["graphql-transport-ws"], { perMessageDeflate: false });
  await once(socket, "open");
  if (query !== undefined) {
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: "Bearer someone" } }));
    await once(socket, "message");
    socket.send(JSON.stringify({ type: "subscribe", id, payload: { query } }));
  }
  socket.on("message", onMessage);
}

async function openAll({ url, sockets, query }: Extract<ClientCommand, { kind: "open" }>): Promise<void> {
  // As many at a time as fit the backlog of a listening socket.
  for (let i = 0; i < sockets; i += 100) {
    await Promise.all(Array.from({ length: Math.min(100, sockets - i) }, (_, j) => open(url, query, `${i + j}`)));
  }
  process.send!("open");
}

process.on("message", (command: ClientCommand) => {
  if (command.kind === "open") void openAll(command);
  else {
    awaited = command.messages;
    process.send!("expecting");
  }
});
