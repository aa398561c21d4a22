import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readServerEnvironment } from "../../src/config/environment.ts";
import { wallClock } from "../../src/core/clock.ts";
import { openCredentials } from "../../src/server/signing.ts";
import { encodePicture } from "../provenance/pictures.ts";

const program = join(import.meta.dirname, "../../bin/pentimento.js");

describe("pentimento verify", () => {
  let folder: string;
  let signed: Uint8Array;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pentimento-verify-"));
    await using credentials = await openCredentials(readServerEnvironment({ PENTIMENTO_DATA: folder }), wallClock);
    const model = { name: "a model", digest: "00".repeat(32) };
    const claim = { mimeType: "image/png", title: "result", sources: [], model, at: wallClock.date() } as const;
    signed = await credentials.sign(await encodePicture("image/png"), claim);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function verify(bytes: Uint8Array, more: NodeJS.ProcessEnv = {}) {
    const file = join(folder, "file");
    await writeFile(file, bytes);
    const env = { ...process.env, PENTIMENTO_DATA: folder, ...more };
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, "verify", file], {
      env,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  it("tells what is whole from what was changed, and refuses what is no picture", async () => {
    const whole = await verify(signed);
    expect(whole.stdout).toMatch(/^credentials +trusted, signed by this installation$/m);
    expect(whole.stdout).toMatch(/^made by +Pentimento .*, a model$/m);
    expect(whole.status).toBe(0);
    const changed = signed.slice();
    changed[changed.length - 30]! ^= 1;
    expect(await verify(changed)).toMatchObject({ status: 3, stdout: expect.stringMatching(/^credentials +broken$/m) });
    const { status, stderr } = await verify(Buffer.from("no picture"));
    expect(stderr).toContain("the file is no JPEG, PNG, WebP or AVIF image");
    expect(status).not.toBe(0);
  });

  it("looks at no credentials where they are off", async () => {
    const off = await verify(signed, { PENTIMENTO_CREDENTIALS: "off" });
    expect(off).toMatchObject({ status: 0, stdout: expect.stringMatching(/^credentials +not looked at: PENTIMENTO_/) });
  });
});
