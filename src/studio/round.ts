import { useCallback, useEffect, useState } from "react";
import { after } from "./timer.ts";

/** Signed addresses live for an hour. */
const renewAfterMs = 50 * 60_000;

/**
 * A count of how often all that is shown was to be asked for anew, and what raises it. It goes up by itself before signed
 * addresses run out, and whenever somebody comes back to the page, which may have slept longer than that.
 */
export function useRound(): { readonly round: number; readonly renew: (seen?: number) => void } {
  const [round, setRound] = useState(0);
  // Many who miss something in one round make one more of it.
  const renew = useCallback((seen?: number) => setRound((now) => ((seen ?? now) === now ? now + 1 : now)), []);
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") renew();
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [renew]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the time begins anew with every round
  useEffect(() => after(renewAfterMs, () => renew()), [round, renew]);
  return { round, renew };
}
