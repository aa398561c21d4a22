import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Failed } from "../core/errors.ts";
import { HttpRefused } from "./error-answer.ts";
import type { Exchange, Handler } from "./exchange.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
};

/** Formats that are packed already. */
const packed = new Set([".png", ".jpg", ".webp", ".woff2"]);

/** A studio is well below a megabyte; more in the folder means that it is the wrong one. */
const bytesMax = 32 * 2 ** 20;

interface StudioFile {
  readonly bytes: Buffer;
  readonly gzipped: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The page runs its own scripts and styles, shows pictures from here (previews as data URLs), talks to here, and stands in
 * nobody's frame.
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * `GET /` and `/studio/…` out of a built folder, which is read once: a path is looked up among the names that were found,
 * so none leads out of it. What is no file is the page, for the page has addresses of its own. Files under `assets/`
 * have a digest in their names and are kept for ever.
 */
export async function studioHandler(folder: string): Promise<Handler> {
  const files = await readFiles(folder);
  const page = files.get("index.html");
  return (exchange) => {
    const name = exchange.path.startsWith("/studio/") ? exchange.path.slice("/studio/".length) : "";
    const file = files.get(name) ?? (extname(name) === "" ? page : undefined);
    if (file !== undefined) return answer(exchange, file);
    if (page !== undefined) throw new HttpRefused(404, "NOT_FOUND", "the studio has no such file");
    throw new HttpRefused(404, "NOT_FOUND", "the studio has not been built: npm run setup; the API is at /graphql");
  };
}

function answer(exchange: Exchange, { bytes, gzipped, headers }: StudioFile): void {
  const { "if-none-match": known, "accept-encoding": encodings } = exchange.request.headers;
  const body = gzipped !== undefined && takesGzip(String(encodings)) ? gzipped : bytes;
  // Two bodies have two names.
  const packing = body === bytes ? {} : { "content-encoding": "gzip", etag: headers.etag!.replace(/"$/, '-gzip"') };
  const all = { ...headers, ...packing };
  if (known === all.etag) exchange.send(304, all);
  else exchange.send(200, all, body);
}

function takesGzip(encodings: string): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(encodings);
}

async function readFiles(folder: string): Promise<Map<string, StudioFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, StudioFile>();
  let total = 0;
  for (const entry of entries) {
    const extension = extname(entry.name);
    if (!entry.isFile() || types[extension] === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length).split(sep).filter(Boolean).join("/");
    const bytes = await readFile(path);
    total += bytes.length;
    if (total > bytesMax) {
      throw new Failed("INTERNAL", `${folder} holds more than ${bytesMax} bytes: no studio`, { retryable: false });
    }
    files.set(name, await prepare(name, extension, bytes));
  }
  return files;
}

async function prepare(name: string, extension: string, bytes: Buffer): Promise<StudioFile> {
  const lasting = name.startsWith("assets/");
  const gzipped = packed.has(extension) || bytes.length < 1024 ? undefined : await promisify(gzip)(bytes, { level: 9 });
  return {
    bytes,
    gzipped,
    headers: {
      "content-type": types[extension]!,
      etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
      "cache-control": lasting ? "public, max-age=31536000, immutable" : "no-cache",
      ...(gzipped ? { vary: "accept-encoding" } : {}),
      ...(extension === ".html" ? { "content-security-policy": pagePolicy } : {}),
    },
  };
}
