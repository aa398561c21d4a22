import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Refused } from "../core/errors.ts";
import { makePrivateFolder } from "../core/private-folder.ts";
import { randomSecret } from "../core/random.ts";
import { writeWhole } from "../core/write-whole.ts";
import { isReachedByOthers, type ServerConfig } from "./environment.ts";

/** Keys are 32 random bytes in base64url, read into bytes here. */
export interface Secrets {
  /** The first signs links, both verify. */
  readonly urlKeys: readonly { readonly id: string; readonly secret: Uint8Array }[];
  /** Seed of the Ed25519 key that signs checkpoints of the audit log. */
  readonly auditKey: Uint8Array;
  readonly watermarkKey: Uint8Array;
  readonly metricsToken?: string;
  readonly incidentKey?: Uint8Array;
}

const madeFile = "secrets.json";

const made = z.object({ urlKeys: z.string(), auditKey: z.string(), watermarkKey: z.string() });

/**
 * The secrets that are set, and for those that are not what the first start made in `<data>/secrets.json`. A server that
 * others can reach must be given all of them: keys that nobody chose are keys that nobody keeps.
 *
 * @throws Refused BAD_INPUT naming what is missing
 */
export async function readSecrets(config: ServerConfig): Promise<Secrets> {
  const { secrets, dataFolder } = config;
  const missing = [
    ["PENTIMENTO_URL_KEYS", secrets.urlKeys],
    ["PENTIMENTO_AUDIT_KEY", secrets.auditKey],
    ["PENTIMENTO_WATERMARK_KEY", secrets.watermarkKey],
  ].flatMap(([name, value]) => (value === undefined ? [`${name}: must be set, for others can reach this server`] : []));
  if (missing.length > 0 && isReachedByOthers(config)) {
    const hints = [
      "make one with: node -p \"require('crypto').randomBytes(32).toString('base64url')\"; URL keys are k1:<one>",
    ];
    const file = join(dataFolder, madeFile);
    if (existsSync(file)) hints.push(`what a start for this machine alone made before is in ${file}`);
    throw new Refused("BAD_INPUT", [...missing, ...hints].join("\n"), missing);
  }
  const own = missing.length === 0 ? {} : await madeBefore(dataFolder);
  const { urlKeys, auditKey, watermarkKey } = { ...own, ...secrets };
  return {
    urlKeys: urlKeys!.split(",").map((entry) => {
      const [id, secret] = entry.split(":");
      return { id: id!, secret: bytesOf(secret!) };
    }),
    auditKey: bytesOf(auditKey!),
    watermarkKey: bytesOf(watermarkKey!),
    ...(secrets.metricsToken !== undefined && { metricsToken: secrets.metricsToken }),
    ...(secrets.incidentKey !== undefined && { incidentKey: bytesOf(secrets.incidentKey) }),
  };
}

async function madeBefore(dataFolder: string): Promise<z.infer<typeof made>> {
  const file = join(dataFolder, madeFile);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new Refused("BAD_INPUT", `${file}: cannot be read (${error.code ?? error.message})`);
  });
  if (text !== undefined) return parseMade(file, text);
  const fresh = { urlKeys: `k1:${randomSecret()}`, auditKey: randomSecret(), watermarkKey: randomSecret() };
  await makePrivateFolder(dataFolder);
  await writeWhole(file, `${JSON.stringify(fresh, null, 2)}\n`, 0o600);
  return fresh;
}

function parseMade(file: string, text: string): z.infer<typeof made> {
  try {
    return made.parse(JSON.parse(text));
  } catch {
    throw new Refused(
      "BAD_INPUT",
      `${file}: not what a first start writes; restore it, or delete it and lose old links`,
    );
  }
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64url"));
}
