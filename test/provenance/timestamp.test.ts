import { once } from "node:events";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wallClock } from "../../src/core/clock.ts";
import { Credentials } from "../../src/provenance/credentials.ts";
import { openDevelopmentIdentity } from "../../src/provenance/signing-identity.ts";
import { hasOpenssl, openssl } from "../support/openssl.ts";
import { encodePicture } from "./pictures.ts";

const config = `[tsa]
default_tsa = t
[t]
serial = serial
signer_cert = tsa.pem
certs = tsa.pem
signer_key = tsa.key
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
`;

/** A timestamp authority (RFC 3161) made of OpenSSL. */
async function startAuthority(folder: string): Promise<Server> {
  await writeFile(join(folder, "ts.cnf"), config);
  await writeFile(join(folder, "serial"), "01\n");
  await writeFile(join(folder, "ext"), "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n");
  const key = (name: string) => [
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    `${name}.key`,
    "-subj",
    `/O=Test/CN=${name}`,
  ];
  openssl(folder, "req", "-x509", ...key("ca"), "-out", "ca.pem", "-days", "9");
  openssl(folder, "req", ...key("tsa"), "-out", "tsa.csr");
  const issue = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext", "-days", "9"];
  openssl(folder, "x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", ...issue);
  const server = createServer(async (request, response) => {
    const query: Buffer[] = [];
    for await (const chunk of request) query.push(chunk);
    await writeFile(join(folder, "query"), Buffer.concat(query));
    openssl(folder, "ts", "-reply", "-queryfile", "query", "-out", "reply", "-config", "ts.cnf");
    response.setHeader("content-type", "application/timestamp-reply").end(await readFile(join(folder, "reply")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe.skipIf(!hasOpenssl)("a timestamp authority", () => {
  let authority: Server;
  let credentials: Credentials;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-timestamp-"));
    authority = await startAuthority(folder);
    const timestampUrl = `http://127.0.0.1:${(authority.address() as AddressInfo).port}/`;
    const identity = await openDevelopmentIdentity(folder, wallClock.date());
    credentials = await Credentials.open({ identity, timestampUrl, version: "0.0.0", clock: wallClock });
  });

  afterAll(async () => {
    await credentials[Symbol.asyncDispose]();
    authority.close();
  });

  it("says when a picture was signed; without it nothing is signed, and that may be tried again", async () => {
    const plain = await encodePicture("image/png");
    const model = { name: "pentimento-mini", digest: "00".repeat(32) };
    const claim = { mimeType: "image/png", title: "result", sources: [], model, at: wallClock.date() } as const;
    const { state, manifest } = await credentials.read(await credentials.sign(plain, claim), "image/png");
    expect(state).toBe("trusted");
    expect(manifest!.signedAt).toMatch(/^\d{4}-\d\d-\d\dT/);
    authority.closeAllConnections();
    authority.close();
    await once(authority, "close");
    await expect(credentials.sign(plain, claim)).rejects.toMatchObject({ name: "Failed", retryable: true });
  });
});
