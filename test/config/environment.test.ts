import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  isLoopback,
  readClientEnvironment,
  readEnvironment,
  readServerEnvironment,
} from "../../src/config/environment.ts";
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

  it("names the database in the data folder as a URL, whatever the folder is called", () => {
    const { databaseUrl } = readServerEnvironment({ PENTIMENTO_DATA: "/srv/100%/a b%2f" });
    expect(databaseUrl).toBe("file:/srv/100%25/a%20b%252f/pentimento.db");
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

  it.each([
    "https://APP.example.org",
    "https://app.example.org:443",
    "https://app.example.org/",
    "https://b c.org",
    "https://me:secret@app.example.org",
    "https://*.example.org",
    "ftp://app.example.org",
    "https://app.example.org,",
  ])("refuses the origin %s, which no browser sends", (list) => {
    expect(() => readServerEnvironment({ PENTIMENTO_ORIGINS: list })).toThrow(/^PENTIMENTO_ORIGINS: expected a comma/);
  });

  it.each(["PENTIMENTO_TIMESTAMP_URL", "PENTIMENTO_PUBLIC_URL"])("keeps no password of %s", (name) => {
    const withPassword = { [name]: "https://me:hunter2@tsa.example.org" };
    expect(() => readServerEnvironment(withPassword)).toThrow(new RegExp(`^${name}: expected .* without user`));
    expect(() => readServerEnvironment({ [name]: "tsa" })).toThrow(new RegExp(`^${name}: expected `));
    expect(() => readServerEnvironment({ [name]: "https://tsa.example.org" })).not.toThrow();
  });

  it.each(["/edit", "/edit/", "//edit", "\\edit", "/?a=b", "?", "#top"])(
    "refuses the public address https://example.org%s: the server's pages and links are at the root of a site",
    (rest) => {
      const read = () => readServerEnvironment({ PENTIMENTO_PUBLIC_URL: `https://example.org${rest}` });
      expect(read).toThrow(/^PENTIMENTO_PUBLIC_URL: expected an http or https address without user, path and query/);
    },
  );

  it.each(["pk_secret\npk_secret", "pk_secret ", "“pk_secret”"])(
    "takes no key that no header can carry, and tells none",
    (key) => {
      const read = () => readClientEnvironment({ PENTIMENTO_KEY: key });
      expect(read).toThrow(/^PENTIMENTO_KEY: expected a key of the server's alone/);
      expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining("secret") }));
    },
  );

  it("tells no password of a timestamp authority in a fault", () => {
    const read = () => readServerEnvironment({ PENTIMENTO_TIMESTAMP_URL: "https://me:hunter2@tsa.example.org" });
    expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
  });

  it("asks for a public address where it listens on all of the machine's", () => {
    for (const PENTIMENTO_HOST of ["0.0.0.0", "::"]) {
      const fault = `^PENTIMENTO_PUBLIC_URL: .*no link can name ${PENTIMENTO_HOST}`;
      expect(() => readServerEnvironment({ PENTIMENTO_HOST })).toThrow(new RegExp(fault));
      const PENTIMENTO_PUBLIC_URL = "https://edit.example.org";
      expect(readServerEnvironment({ PENTIMENTO_HOST, PENTIMENTO_PUBLIC_URL }).host).toBe(PENTIMENTO_HOST);
    }
    expect(readServerEnvironment({ PENTIMENTO_HOST: "10.0.0.1" })).not.toHaveProperty("publicUrl");
  });

  it("takes two keys for links by two ids, and tells neither where the ids are alike", () => {
    const read = (ids: readonly string[]) =>
      readServerEnvironment({ PENTIMENTO_URL_KEYS: ids.map((id) => `${id}:${"k".repeat(43)}`).join(",") });
    expect(read(["k2", "k1"]).secrets.urlKeys).toMatch(/^k2:k+,k1:k+$/);
    expect(() => read(["k1", "k1"])).toThrow(/^PENTIMENTO_URL_KEYS: .*two ids being unlike.*received something else$/);
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

  it.each([
    ["at an address", { PENTIMENTO_HOST: "10.0.0.1" }],
    ["behind a proxy", { PENTIMENTO_PUBLIC_URL: "https://edit.example.org" }],
  ])("refuses to be reached from outside %s without them", async (_, env) => {
    const folder = await mkdtemp(join(tmpdir(), "pentimento-secrets-"));
    const refused = await readSecrets(server(folder, env)).catch((error) => error);
    expect(refused).toMatchObject({ code: "BAD_INPUT", faults: { length: 3 } });
    expect(refused.message).toContain("PENTIMENTO_AUDIT_KEY");
    expect(await readdir(folder)).toEqual([]);
    await readSecrets(server(folder));
    await expect(readSecrets(server(folder, env))).rejects.toThrow(join(folder, "secrets.json"));
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
