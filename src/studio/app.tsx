import { useCallback, useEffect, useState } from "react";
import { ViewerDocument } from "../../schema/generated/graphql.ts";
import { Api, type ApiError } from "./api.ts";
import { Fault } from "./fault.tsx";
import { Live } from "./live.ts";
import { type Session, SessionContext, storeKey } from "./session.ts";
import { SignIn } from "./sign-in.tsx";
import { Studio } from "./studio.tsx";

/** The page: a form to sign in, or the studio of whoever is signed in. */
export function App(start: { readonly secret?: string | undefined; readonly fault?: ApiError }) {
  const [secret, setSecret] = useState(start.secret);
  const [fault, setFault] = useState(start.fault);
  const leave = useCallback((why?: ApiError) => {
    storeKey(undefined);
    setFault(why);
    setSecret(undefined);
  }, []);
  const { session, error, up, retry } = useSignedIn(secret, leave);

  if (secret === undefined) {
    const enter = (entered: string) => {
      storeKey(entered);
      setSecret(entered);
    };
    return <SignIn fault={fault} onKey={enter} />;
  }
  if (session === undefined) {
    return (
      <main className="alone" aria-busy={error === undefined}>
        {error === undefined ? (
          <p role="status">Opening the studio …</p>
        ) : (
          <div className="sheet">
            <Fault error={error} onRetry={retry} />
            <button type="button" className="quiet" onClick={() => leave()}>
              Sign out
            </button>
          </div>
        )}
      </main>
    );
  }
  return (
    <SessionContext value={session}>
      <Studio up={up} onSignOut={() => leave()} />
    </SessionContext>
  );
}

/** Opens the API and the socket for a key; a key that no longer opens is given up. */
function useSignedIn(secret: string | undefined, leave: (why: ApiError) => void) {
  const [session, setSession] = useState<Session>();
  const [error, setError] = useState<ApiError>();
  const [up, setUp] = useState(true);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt opens all anew
  useEffect(() => {
    setSession(undefined);
    setError(undefined);
    setUp(true);
    if (secret === undefined) return;
    const api = new Api(secret);
    let gone = false;
    const live = new Live(secret, (reached) => gone || setUp(reached));
    const refresh = () => {
      api.ask(ViewerDocument, {}).then(
        ({ viewer }) => gone || setSession({ api, live, viewer, refresh }),
        (why: ApiError) => gone || (why.code === "UNAUTHENTICATED" ? leave(why) : setError(why)),
      );
    };
    refresh();
    return () => {
      gone = true;
      live.close();
    };
  }, [secret, attempt, leave]);
  return { session, error, up, retry: () => setAttempt((before) => before + 1) };
}
