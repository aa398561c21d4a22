/** First bytes of pictures, as Latin-1. */
const signatures = [
  { type: "image/jpeg", pattern: /^\xff\xd8\xff/ },
  { type: "image/png", pattern: /^\x89PNG/ },
  { type: "image/webp", pattern: /^RIFF.{4}WEBP/s },
  { type: "image/avif", pattern: /^.{4}ftypavif/s },
] as const;

/**
 * The media type of a picture by its first bytes: browsers go by the name's ending, and some systems know of no type for it.
 * What the browser says where the bytes are no picture's. Throws what reading throws.
 */
export async function typeOf(file: Blob): Promise<string> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  return signatures.find(({ pattern }) => pattern.test(head))?.type ?? file.type;
}
