import { chmod, mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isLoopback, readEnvironment, readServerEnvironment } from "../../src/config/environment.ts";
import { readSecrets } from "../../src/config/secrets.ts";

describe("readEnvironment", () => {
  it("has defaults for everything", () => {
    expect(readEnvironment({})).toMatchObject({ providers: ["cpu"], deviceId: 0, threads: 0 });
  });

  it("reads a list of providers in order", () => {
    expect(readEnvironment({ PENTIMENTO_PROVIDERS: "TensorRT, cuda,cpu" }).providers).toEqual([
      "tensorrt",
      "cuda",
      "cpu",
    ]);
  });

  it("lists all faults at once", () => {
    const read = () =>
      readEnvironment({ PENTIMENTO_PROVIDERS: "rocm", PENTIMENTO_DEVICE: "-1", PENTIMENTO_THREADS: "many" });
    expect(read).toThrow(
      expect.objectContaining({
        faults: [
          expect.stringMatching(/^PENTIMENTO_PROVIDERS: .*"rocm"$/),
          expect.stringMatching(/^PENTIMENTO_DEVICE: .*"-1"$/),
          expect.stringMatching(/^PENTIMENTO_THREADS: .*"many"$/),
        ],
      }),
    );
  });
});

describe("readServerEnvironment", () => {
  it("needs nothing", () => {
    const config = readServerEnvironment({ PENTIMENTO_DATA: "/srv/pentimento" });
    expect(config).toMatchObject({ host: "127.0.0.1", port: 4000, databaseUrl: "file:/srv/pentimento/pentimento.db" });
    expect(config).toMatchObject({ origins: [], credentials: true, queueSeconds: 600, secrets: {} });
    expect(config).not.toHaveProperty("publicUrl");
  });

  it("reads what is set", () => {
    const config = readServerEnvironment({
      PENTIMENTO_PUBLIC_URL: "https://edit.example.org/",
      PENTIMENTO_ORIGINS: "https://a.example.org, http://localhost:5173",
      DATABASE_URL: "postgresql://localhost/pentimento",
    });
    expect(config.publicUrl).toBe("https://edit.example.org");
    expect(config.origins).toEqual(["https://a.example.org", "http://localhost:5173", "https://edit.example.org"]);
    expect(config.databaseUrl).toBe("postgresql://localhost/pentimento");
  });

  it("lists every fault, those of the common variables too, and no secret", () => {
    const read = () =>
      readServerEnvironment({
        PENTIMENTO_THREADS: "many",
        PENTIMENTO_PORT: "70000",
        PENTIMENTO_PUBLIC_URL: "ftp://x",
        PENTIMENTO_URL_KEYS: "hunter2",
        PENTIMENTO_CERTIFICATE: "chain.pem",
      });
    const names = ["THREADS", "PORT", "PUBLIC_URL", "URL_KEYS", "CERTIFICATE and"];
    expect(read).toThrow(
      expect.objectContaining({
        faults: expect.arrayContaining(names.map((name) => expect.stringContaining(`PENTIMENTO_${name}`))),
        message: expect.not.stringContaining("hunter2"),
      }),
    );
  });
});

describe("readSecrets", () => {
  const server = (dataFolder: string, env: NodeJS.ProcessEnv = {}) =>
    readServerEnvironment({ PENTIMENTO_DATA: dataFolder, ...env });

  it("makes them at the first start on loopback, for the owner's eyes, and keeps them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-secrets-"));
    const first = await readSecrets(server(folder));
    expect(first.urlKeys[0]!.secret).toHaveLength(32);
    expect(await readSecrets(server(folder))).toEqual(first);
    expect((await stat(join(folder, "secrets.json"))).mode & 0o077).toBe(0);
    expect(Object.keys(JSON.parse(await readFile(join(folder, "secrets.json"), "utf8")))).toHaveLength(3);
  });

  it("closes their folder to others where it was open", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-secrets-"));
    await chmod(folder, 0o755);
    await readSecrets(server(folder));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it("refuses to be reached from outside without them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-secrets-"));
    const refused = await readSecrets(server(folder, { PENTIMENTO_HOST: "0.0.0.0" })).catch((error) => error);
    expect(refused).toMatchObject({ code: "BAD_INPUT", faults: { length: 3 } });
    expect(refused.message).toContain("PENTIMENTO_AUDIT_KEY");
  });

  it("says so when the file is damaged", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-secrets-"));
    await writeFile(join(folder, "secrets.json"), "{");
    await expect(readSecrets(server(folder))).rejects.toThrow("secrets.json");
  });

  it("knows loopback", () => {
    expect(["127.0.0.1", "127.1.2.3", "::1", "localhost"].every(isLoopback)).toBe(true);
    expect(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org"].some(isLoopback)).toBe(false);
  });
});
