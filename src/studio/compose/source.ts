import { useState } from "react";
import type { ApiError } from "../api.ts";
import { useBlobUrl } from "../blob-url.ts";

/** The picture to edit, on its way to the server or there. */
export type Source =
  | { readonly state: "uploading"; readonly url: string }
  | { readonly state: "failed"; readonly error: ApiError }
  | {
      readonly state: "ready";
      readonly imageId: string;
      readonly url: string;
      readonly width: number;
      readonly height: number;
    };

/** The picture to edit. */
export function useSource() {
  const [source, setSource] = useState<Source>();
  const url = source === undefined || source.state === "failed" ? undefined : source.url;
  useBlobUrl(url);
  return [source, setSource] as const;
}

/** The first picture among what was dropped or pasted. */
export function pictureIn(data: DataTransfer | null): File | undefined {
  return [...(data?.files ?? [])].find(({ type }) => type.startsWith("image/")) ?? data?.files[0];
}
