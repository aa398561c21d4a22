import { type Clock, every } from "../core/clock.ts";
import type { WebSockets } from "../http/websocket.ts";
import type { Database } from "../store/database.ts";
import { rolesOfKeys } from "../store/keys.ts";

/** How long a socket may outlive its key, or what its account might do when it was opened. */
const everyMs = 5000;

export interface KeyWatchOptions {
  readonly db: Database;
  readonly sockets: Pick<WebSockets, "viewers" | "closeKey" | "closeOtherRoles">;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Closes the sockets whose key has ended since they were opened, for its time is over or a command beside this server
 * revoked it, and those whose account has another role since. What happens through this server closes them at once.
 */
export function watchKeys({ db, sockets, clock, onError }: KeyWatchOptions): AsyncDisposable {
  const look = async () => {
    const { viewers } = sockets;
    if (viewers.length === 0) return;
    const roles = await rolesOfKeys(db, viewers, clock.date());
    for (const viewer of viewers) {
      const role = viewer.keyId === undefined ? undefined : roles.get(viewer.keyId);
      if (role === null) sockets.closeKey(viewer.keyId!, "The key has ended");
      else if (role !== undefined && role !== viewer.role) sockets.closeOtherRoles(viewer.accountId, role);
    }
  };
  return every(clock, everyMs, look, onError);
}
