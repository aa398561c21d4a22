import { createContext, useContext } from "react";
import { SignInDocument, type ViewerQuery } from "../../schema/generated/graphql.ts";
import { Api } from "./api.ts";
import type { Live } from "./live.ts";

const storedAs = "pentimento.key";

/** What the page has once somebody is signed in. */
export interface Session {
  readonly api: Api;
  readonly live: Live;
  readonly viewer: ViewerQuery["viewer"];
  /** Asks anew who is signed in, and what they may. */
  readonly refresh: () => void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  return useContext(SessionContext)!;
}

/** The key that this browser keeps. */
export function storedKey(): string | undefined {
  return localStorage.getItem(storedAs) ?? undefined;
}

export function storeKey(key: string | undefined): void {
  if (key === undefined) localStorage.removeItem(storedAs);
  else localStorage.setItem(storedAs, key);
}

/**
 * Turns the one-time code of the studio's link into a key and keeps it. The code leaves the address bar whether it opens
 * or not, so that no copied address carries it. Undefined where the address has none.
 */
export async function signInByCode(): Promise<string | undefined> {
  const address = new URL(location.href);
  const code = address.searchParams.get("code");
  if (code === null) return undefined;
  address.searchParams.delete("code");
  history.replaceState(null, "", address);
  const { signIn } = await new Api().ask(SignInDocument, { code });
  storeKey(signIn.secret);
  return signIn.secret;
}
