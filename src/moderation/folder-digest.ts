import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** SHA-256 over the graphs, their weights and the configurations, in the order of their names. */
export async function digestOfFolder(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    /\.(onnx|onnx_data|data|json)$/.test(name),
  );
  for (const name of names.sort()) {
    hash.update(`${name}\0`);
    for await (const chunk of createReadStream(join(folder, name), { highWaterMark: 1 << 20 })) hash.update(chunk);
  }
  return hash.digest("hex");
}
