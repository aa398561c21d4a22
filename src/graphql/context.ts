import type { IncomingMessage } from "node:http";
import { hasRole, type Role, type Viewer } from "../core/account.ts";
import { Refused } from "../core/errors.ts";
import { authenticate } from "../store/keys.ts";
import { createLoaders, type Loaders } from "./loaders.ts";
import type { Services } from "./services.ts";

/** What every resolver gets: who asks, and what answers. */
export interface Context {
  /** Absent for who has shown nothing, or something that opens nothing. */
  readonly viewer?: Viewer;
  readonly suspended: boolean;
  readonly services: Services;
  readonly loaders: Loaders;
}

/** Whose key an Authorization header shows; undefined for none that is valid. */
export async function authenticateBearer(
  services: Services,
  authorization: string | undefined,
): Promise<{ viewer: Viewer; suspended: boolean } | undefined> {
  const [, secret] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  return secret === undefined ? undefined : authenticate(services.db, secret, services.clock.date());
}

/** The context of a request over HTTP. What opens nothing is not refused here: some fields need no key. */
export async function contextOf(services: Services, request: IncomingMessage): Promise<Context> {
  const known = await authenticateBearer(services, request.headers.authorization);
  return { suspended: false, ...known, services, loaders: createLoaders(services.db) };
}

/** The context of whoever holds a socket. Standing is looked up, because a socket outlives a request. */
export function contextFor(services: Services, viewer: Viewer): Context {
  const suspended = services.standings.isSuspended(viewer.accountId);
  return { viewer, suspended, services, loaders: createLoaders(services.db) };
}

/** Whoever asks; throws `Refused` UNAUTHENTICATED. */
export function viewerOf({ viewer }: Context): Viewer {
  if (viewer !== undefined) return viewer;
  throw new Refused("UNAUTHENTICATED", 'a valid key is needed: send "Authorization: Bearer <key>"');
}

/** Whoever asks, who must not be suspended: what makes or changes something begins with this. */
export function activeViewerOf(context: Context): Viewer {
  const viewer = viewerOf(context);
  if (!context.suspended) return viewer;
  throw new Refused("ACCOUNT_SUSPENDED", "the account is suspended; its moderators can reinstate it");
}

/** Whoever asks, who must have a role; throws `Refused` FORBIDDEN. */
export function withRole(context: Context, role: Role): Viewer {
  const viewer = activeViewerOf(context);
  if (hasRole(viewer, role)) return viewer;
  throw new Refused("FORBIDDEN", `this needs the role ${role}; the account has ${viewer.role}`);
}
