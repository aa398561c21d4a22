import { type Clock, every } from "../core/clock.ts";
import type { WebSockets } from "../http/websocket.ts";
import type { Database } from "../store/database.ts";
import { endedKeys } from "../store/keys.ts";

/** How long a socket may outlive its key. */
const everyMs = 5000;

export interface KeyWatchOptions {
  readonly db: Database;
  readonly sockets: Pick<WebSockets, "keyIds" | "closeKey">;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Closes the sockets whose key has ended since they were opened: its time is over, or a command beside this server revoked
 * it. What revokes a key through this server closes its sockets at once.
 */
export function watchKeys({ db, sockets, clock, onError }: KeyWatchOptions): AsyncDisposable {
  const look = async () => {
    const { keyIds } = sockets;
    if (keyIds.length === 0) return;
    for (const id of await endedKeys(db, keyIds, clock.date())) sockets.closeKey(id, "The key has ended");
  };
  return every(clock, everyMs, look, onError);
}
