import { createContext, useContext, useEffect } from "react";
import { RevokeApiKeyDocument, SignInDocument, type ViewerQuery } from "../../schema/generated/graphql.ts";
import { Api } from "./api.ts";
import type { Live } from "./live.ts";

const storedAs = { secret: "pentimento.key", id: "pentimento.key-id" } as const;

/** What somebody is signed in by. */
export interface Key {
  readonly secret: string;
  /** Of a key that the studio's link has made for this browser alone, and that ends when it signs out. */
  readonly id?: string;
}

/** What the page has once somebody is signed in. */
export interface Session {
  readonly api: Api;
  readonly live: Live;
  readonly viewer: ViewerQuery["viewer"];
  /** Asks anew who is signed in, and what they may. */
  readonly refresh: () => void;
  /** Goes up whenever what is shown may have been overtaken unseen: then it is asked for anew. */
  readonly round: number;
  /** Asks for all of it anew, for an address of the round `seen` does not open. */
  readonly renew: (seen: number) => void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  return useContext(SessionContext)!;
}

/** What this browser keeps; undefined where it was told to keep nothing of this page. */
function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** The key that this browser keeps. */
export function storedKey(): Key | undefined {
  const [secret, id] = [storage()?.getItem(storedAs.secret), storage()?.getItem(storedAs.id)];
  return secret == null ? undefined : { secret, ...(id != null && { id }) };
}

/** Has the browser keep a key, if it keeps anything. */
export function storeKey({ secret, id }: Key): void {
  storage()?.setItem(storedAs.secret, secret);
  if (id === undefined) storage()?.removeItem(storedAs.id);
  else storage()?.setItem(storedAs.id, id);
}

/** Has the browser keep a key no longer; one that another tab has stored since stays. */
export function forgetKey(secret: string): void {
  if (storedKey()?.secret === secret) for (const name of Object.values(storedAs)) storage()?.removeItem(name);
}

/** Calls back when another tab has the browser forget a key. */
export function useForgotten(secret: string | undefined, callback: () => void): void {
  useEffect(() => {
    const look = ({ key, oldValue, newValue }: StorageEvent) => {
      if (key === storedAs.secret && oldValue === secret && newValue === null) callback();
    };
    addEventListener("storage", look);
    return () => removeEventListener("storage", look);
  }, [secret, callback]);
}

/**
 * Turns the one-time code of the studio's link into a key and keeps it. The code leaves the address bar whether it opens
 * or not, so that no copied address carries it. Undefined where the address has none.
 */
export async function signInByCode(): Promise<Key | undefined> {
  const address = new URL(location.href);
  const code = address.searchParams.get("code");
  if (code === null) return undefined;
  address.searchParams.delete("code");
  history.replaceState(null, "", address);
  const { signIn } = await new Api().ask(SignInDocument, { code });
  const key = { secret: signIn.secret, id: signIn.key.id };
  const before = storedKey();
  storeKey(key);
  // Nothing keeps the earlier one any more, and if it has ended already, so much the better.
  if (before !== undefined) revokeKey(before).catch(() => {});
  return key;
}

/** Ends the key of this browser; a key that somebody has brought stays theirs. Throws `ApiError`. */
export async function revokeKey({ secret, id }: Key): Promise<void> {
  if (id !== undefined) await new Api(secret).ask(RevokeApiKeyDocument, { id });
}
