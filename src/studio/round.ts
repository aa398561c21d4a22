import { useCallback, useEffect, useRef, useState } from "react";
import { after, now } from "./timer.ts";

/** Signed addresses live for an hour. */
const renewAfterMs = 50 * 60_000;

/**
 * A count of how often all that is shown was to be asked for anew, and what raises it. It goes up by itself before signed
 * addresses run out; where the page sleeps through that, when somebody comes back to it.
 */
export function useRound(): { readonly round: number; readonly renew: (seen?: number) => void } {
  const [round, setRound] = useState(0);
  const since = useRef(0);
  // Many who miss something in one round make one more of it.
  const renew = useCallback(
    (seen?: number) => setRound((before) => ((seen ?? before) === before ? before + 1 : before)),
    [],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the time begins anew with every round
  useEffect(() => {
    since.current = now();
    return after(renewAfterMs, () => renew());
  }, [round, renew]);
  // Each round brings new addresses, and with them all pictures: not every look at another window is worth that.
  useReturn(useCallback(() => now() - since.current >= renewAfterMs && renew(), [renew]));
  return { round, renew };
}

/** Calls back whenever somebody comes back to the page. */
export function useReturn(callback: () => void): void {
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") callback();
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [callback]);
}
