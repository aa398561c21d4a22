import { useEffect, useMemo } from "react";

/**
 * The address of a picture, of its bytes where these are here. The browser lets go of them once another picture takes its
 * place, or what shows it closes.
 */
export function usePictureUrl(picture: Blob | string | undefined): string | undefined {
  const url = useMemo(() => (picture instanceof Blob ? URL.createObjectURL(picture) : picture), [picture]);
  useEffect(() => {
    if (url?.startsWith("blob:")) return () => URL.revokeObjectURL(url);
  }, [url]);
  return url;
}
