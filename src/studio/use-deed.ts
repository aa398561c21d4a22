import { useState } from "react";
import type { ApiError } from "./api.ts";

/**
 * Something that is done when it is asked for, and not again while that is under way. It stays busy when it is done: what
 * it was asked for with goes then.
 */
export function useDeed(deed: () => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const run = () => {
    setBusy(true);
    setError(undefined);
    deed().catch((why: ApiError) => {
      setError(why);
      setBusy(false);
    });
  };
  return { busy, error, run };
}
