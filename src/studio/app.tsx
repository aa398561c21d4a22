import { useCallback, useEffect, useMemo, useState } from "react";
import { ViewerDocument, type ViewerQuery } from "../../schema/generated/graphql.ts";
import { Api, ApiError } from "./api.ts";
import { Fault } from "./fault.tsx";
import { Live } from "./live.ts";
import { useReturn, useRound } from "./round.ts";
import {
  forgetKey,
  type Key,
  revokeKey,
  type Session,
  SessionContext,
  storedKey,
  storeKey,
  useForgotten,
} from "./session.ts";
import { SignIn } from "./sign-in.tsx";
import { Studio } from "./studio.tsx";

/** The page: a form to sign in, or the studio of whoever is signed in. */
export function App(start: { readonly signedInBy?: Key | undefined; readonly fault?: ApiError }) {
  const [key, setKey] = useState(start.signedInBy);
  const [fault, setFault] = useState(start.fault);
  const secret = key?.secret;
  const leave = useCallback(() => {
    if (secret !== undefined) forgetKey(secret);
    setFault(undefined);
    setKey(undefined);
  }, [secret]);
  const giveUp = useCallback(
    (why: ApiError) => {
      leave();
      // Another tab may have signed in meanwhile, by the link of a server that was started anew.
      const stored = storedKey();
      if (stored === undefined) setFault(why);
      else setKey(stored);
    },
    [leave],
  );
  useForgotten(secret, leave);
  const { session, error, up, retry } = useSignedIn(secret, giveUp);

  if (key === undefined) {
    const enter = (typed: string) => {
      storeKey({ secret: typed });
      setKey({ secret: typed });
    };
    return <SignIn fault={fault} onKey={enter} />;
  }
  const signOut = () => {
    // The browser forgets the key at once, whether or not the server can be told to.
    leave();
    revokeKey(key).catch(({ code, message }: ApiError) =>
      setFault(new ApiError(code, `The key of this browser was forgotten here, but not ended: ${message}`)),
    );
  };
  if (session === undefined) {
    return (
      <main className="alone" aria-busy={error === undefined}>
        {error === undefined ? (
          <p role="status">Opening the studio …</p>
        ) : (
          <div className="sheet">
            <Fault error={error} onRetry={retry} />
            <button type="button" className="quiet" onClick={signOut}>
              Sign out
            </button>
          </div>
        )}
      </main>
    );
  }
  return (
    <SessionContext value={session}>
      <Studio up={up} fault={error} onSignOut={signOut} />
    </SessionContext>
  );
}

/** Opens the API and the socket for a key; a key that no longer opens is given up. */
function useSignedIn(secret: string | undefined, giveUp: (why: ApiError) => void) {
  const [opened, setOpened] = useState<Omit<Session, "round" | "renew">>();
  const [error, setError] = useState<ApiError>();
  const [up, setUp] = useState(true);
  const [attempt, setAttempt] = useState(0);
  const { round, renew } = useRound();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt opens all anew
  useEffect(() => {
    setOpened(undefined);
    setError(undefined);
    setUp(true);
    if (secret === undefined) return;
    const api = new Api(secret, () => gone || refresh());
    let gone = false;
    const refresh = () => {
      const show = ({ viewer }: ViewerQuery) => {
        setOpened({ api, live, viewer, refresh });
        setError(undefined);
      };
      api.ask(ViewerDocument, {}).then(
        (answer) => gone || show(answer),
        (why: ApiError) => gone || (why.code === "UNAUTHENTICATED" ? giveUp(why) : setError(why)),
      );
    };
    const live = new Live(secret, {
      onOpen: (again) => {
        if (gone) return;
        setUp(true);
        if (again) renew();
      },
      onBreak: () => gone || setUp(false),
      onStanding: () => gone || refresh(),
    });
    refresh();
    return () => {
      gone = true;
      live.close();
    };
  }, [secret, attempt, giveUp, renew]);
  const refresh = opened?.refresh;
  useEffect(() => {
    if (round > 0) refresh?.();
  }, [round, refresh]);
  useReturn(useCallback(() => refresh?.(), [refresh]));
  const session = useMemo(() => opened && { ...opened, round, renew }, [opened, round, renew]);
  return { session, error, up, retry: () => setAttempt((before) => before + 1) };
}
