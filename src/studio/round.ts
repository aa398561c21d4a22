import { useCallback, useState } from "react";

/** A count of how often all that is shown was to be asked for anew, and what raises it. */
export function useRound(): { readonly round: number; readonly renew: () => void } {
  const [round, setRound] = useState(0);
  const renew = useCallback(() => setRound((before) => before + 1), []);
  return { round, renew };
}
