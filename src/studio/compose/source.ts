import type { ApiError } from "../api.ts";

/** A picture that the server has. */
export interface Photo {
  readonly imageId: string;
  readonly width: number;
  readonly height: number;
  /** Its bytes, or its address until they are here. */
  readonly picture: Blob | string;
}

/** The picture to edit. It stays until another one is there. */
export interface Source {
  readonly photo?: Photo | undefined;
  /** On its way to the server, to take its place. */
  readonly coming?: Blob | undefined;
  /** Why the one that was to take its place did not. */
  readonly error?: ApiError | undefined;
}

/** The first picture among what was pasted. */
export function pictureIn(data: DataTransfer | null): File | undefined {
  return [...(data?.files ?? [])].find(({ type }) => type.startsWith("image/"));
}
