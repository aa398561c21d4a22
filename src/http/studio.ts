import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { HttpRefused } from "./error-answer.ts";
import type { Handler } from "./exchange.ts";

interface StudioFile {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly immutable: boolean;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** What the studio's pages may load: their own code and style, pictures of this server, and the API. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * `GET /` and `GET /studio/*`: the built page. All files are read at start and served from memory, so that no path that a
 * client sends ever reaches the file system. Every address of the page itself answers with `index.html`.
 */
export async function studioHandler(folder: string): Promise<Handler> {
  const files = await readFiles(folder);
  return async (exchange) => {
    const name = exchange.path.replace(/^\/studio\//, "");
    const file = files.get(name) ?? (name.includes(".") ? undefined : files.get("index.html"));
    if (file === undefined) {
      const why = files.size === 0 ? "the studio has not been built: npm run setup" : "there is no such file";
      throw new HttpRefused(404, "NOT_FOUND", why);
    }
    const headers = {
      "content-type": file.contentType,
      "content-security-policy": contentSecurityPolicy,
      "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
      etag: file.etag,
    };
    if (exchange.request.headers["if-none-match"] === file.etag) exchange.send(304, headers);
    else exchange.send(200, headers, file.body);
  };
}

async function readFiles(folder: string): Promise<Map<string, StudioFile>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, StudioFile>();
  for (const entry of names.filter((one) => one.isFile())) {
    const path = join(entry.parentPath ?? folder, entry.name);
    const body = await readFile(path);
    const name = path.slice(folder.length + 1).replaceAll("\\", "/");
    files.set(name, {
      body,
      contentType: contentTypes[extname(name)] ?? "application/octet-stream",
      etag: `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"`,
      immutable: name.startsWith("assets/"),
    });
  }
  return files;
}
