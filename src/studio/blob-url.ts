import { useEffect } from "react";

/** The browser lets go of a blob's bytes once another address takes the place of its own, or what shows it closes. */
export function useBlobUrl(url: string | undefined): void {
  useEffect(() => {
    if (url?.startsWith("blob:")) return () => URL.revokeObjectURL(url);
  }, [url]);
}
