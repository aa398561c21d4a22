import type { ClientOptions } from "graphql-ws";
import { after } from "./timer.ts";

/** How often the socket is knocked at while all is quiet, and how long the answer may take. */
const pingMs = { every: 15_000, answeredWithin: 5_000 } as const;

/**
 * Options by which a client finds out that its socket is dead: one whose other end vanished without a word, as where a
 * network was changed or a laptop slept, looks open for as long as nothing is sent.
 *
 * @param terminate gives the socket up
 */
export function keepAlive(terminate: () => void) {
  let callOff = () => {};
  return {
    keepAlive: pingMs.every,
    on: {
      ping: (received) => {
        if (!received) callOff = after(pingMs.answeredWithin, terminate);
      },
      pong: (received) => {
        if (received) callOff();
      },
      closed: () => callOff(),
    },
  } satisfies Partial<ClientOptions>;
}
