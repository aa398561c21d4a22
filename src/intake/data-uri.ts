import { Refused } from "../core/errors.ts";

/** Bytes that may come in a request itself; larger pictures come by upload. */
export const dataUriBytesMax = 4 * 2 ** 20;

/**
 * The bytes of a data URI such as `data:image/png;base64,…`. The media type is not believed: what counts is the content.
 *
 * @throws Refused BAD_INPUT when it is none, IMAGE_TOO_LARGE over 4 MiB
 */
export function parseDataUri(text: string): Uint8Array {
  const comma = text.indexOf(",");
  const head = text.slice(0, Math.min(comma, 200));
  if (comma < 0 || !/^data:[\w.+-]+\/[\w.+-]+(;[\w.+=-]+)*;base64$/i.test(head)) {
    throw new Refused("BAD_INPUT", 'dataUri: "data:image/png;base64,…" (or jpeg, webp) is expected');
  }
  const encoded = text.slice(comma + 1);
  const lengthMax = Math.ceil(dataUriBytesMax / 3) * 4;
  const bytes = encoded.length > lengthMax ? undefined : new Uint8Array(Buffer.from(encoded, "base64"));
  if (bytes === undefined || bytes.length > dataUriBytesMax) {
    throw new Refused(
      "IMAGE_TOO_LARGE",
      `dataUri: at most ${dataUriBytesMax} bytes are accepted; upload a larger picture`,
    );
  }
  if (!isBase64(encoded)) throw new Refused("BAD_INPUT", "dataUri: what follows the comma is not base64");
  return bytes;
}

/** A search for what does not belong: matching millions of characters from end to end would exhaust the stack. */
function isBase64(text: string): boolean {
  const digits = text.replace(/={1,2}$/, "");
  const isWhole = digits.length === text.length ? digits.length % 4 !== 1 : text.length % 4 === 0;
  return isWhole && !/[^A-Za-z0-9+/]/.test(digits);
}
