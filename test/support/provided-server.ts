import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readWhole } from "../../src/delivery/storage.ts";
import { decodeImage } from "../../src/intake/decode.ts";
import { unseal } from "../../src/moderation/seal.ts";
import { type Provider, startProvider } from "./provider.ts";
import { type TestServer, testServer } from "./test-server.ts";

/** A server that asks a provider of the test, called "far", besides its own filters. */
export interface ProvidedServer extends AsyncDisposable {
  readonly server: TestServer;
  readonly provider: Provider;
}

/**
 * @param filter what else its entry in the filter file says: at least its stages
 * @param file what else the filter file says
 */
export async function providedServer(
  filter: object,
  environment: NodeJS.ProcessEnv = {},
  file: object = {},
): Promise<ProvidedServer> {
  const folder = await mkdtemp(join(tmpdir(), "pentimento-provided-"));
  const provider = await startProvider();
  const filters = join(folder, "filters.json");
  const far = { name: "far", shape: "generic", url: provider.url, ...filter };
  await writeFile(filters, JSON.stringify({ format: 1, http: [far], ...file }));
  const server = await testServer({ PENTIMENTO_FILTERS: filters, ...environment });
  return {
    server,
    provider,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An operator's key for incidents: what a server is given of it, and what opens its evidence. */
export function incidentKey() {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const raw = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
  return {
    given: publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64url"),
    open: async ({ server }: TestServer, sealedDigest: string | null) =>
      decodeImage(unseal((await readWhole(server.services.storage, sealedDigest!))!, raw)),
  };
}
