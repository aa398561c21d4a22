import type { Claim, ClaimSource, ImageMimeType } from "../provenance/claim.ts";
import type { Image } from "../store/images.ts";
import type { JourneyEdit } from "./traveller.ts";

export interface ClaimedPicture {
  readonly id: string;
  readonly mimeType: ImageMimeType;
  readonly at: Date;
  readonly thumbnail: Uint8Array;
  /** What the pixels were marked with. */
  readonly watermark?: { readonly algorithm: string; readonly value: string };
}

/** What the credentials of an edit's result say. The prompt is told only where its account wants that. */
export function claimOf(
  edit: Pick<JourneyEdit, "prompt" | "request">,
  picture: ClaimedPicture,
  sources: readonly ClaimSource[],
  tellPrompt: boolean,
): Claim {
  const { id, ...rest } = picture;
  const { model, modelDigest } = edit.request;
  return {
    ...rest,
    title: `${id}.${extensions[picture.mimeType]}`,
    sources,
    model: { name: model, digest: modelDigest },
    ...(tellPrompt && { prompt: edit.prompt }),
  };
}

const extensions = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/avif": "avif" } as const;

/**
 * The edit's pictures with what each brings along: a result of ours its own file, an upload what was kept of it. One that is
 * named twice went in once.
 */
export async function claimSources(
  images: readonly Pick<Image, "kind" | "digest" | "contentType" | "c2paDigest">[],
  read: (digest: string) => Promise<Uint8Array>,
): Promise<ClaimSource[]> {
  const keys = images.map(({ kind, digest, c2paDigest }) => [kind, digest, c2paDigest].join());
  const distinct = images.filter((_, index) => keys.indexOf(keys[index]!) === index);
  return Promise.all(
    distinct.map(async ({ kind, digest, contentType, c2paDigest }, index) => {
      const source = { title: `source ${index + 1}`, mimeType: contentType as ImageMimeType };
      if (kind === "OUTPUT") return { ...source, credentials: { file: await read(digest) } };
      if (c2paDigest === null) return source;
      return { ...source, credentials: { captured: await read(c2paDigest) } };
    }),
  );
}
