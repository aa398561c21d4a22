import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Builder, type DestinationBufferAsset, LocalSigner } from "@contentauth/c2pa-node";
import type { Manifest } from "@contentauth/c2pa-types";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wallClock } from "../../src/core/clock.ts";
import type { Claim, ImageMimeType } from "../../src/provenance/claim.ts";
import { imageMimeTypes } from "../../src/provenance/claim.ts";
import { Credentials } from "../../src/provenance/credentials.ts";
import { type ManifestReport, reportOf } from "../../src/provenance/credentials-report.ts";
import { historyLengthOf } from "../../src/provenance/history-length.ts";
import { openDevelopmentIdentity, rootOf, type SigningIdentity } from "../../src/provenance/signing-identity.ts";
import { readWithTypeScript, readWithWasm } from "./other-readers.ts";
import { encodePicture } from "./pictures.ts";

const makeIdentity = async () =>
  openDevelopmentIdentity(await mkdtemp(join(tmpdir(), "pentimento-identity-")), wallClock.date());

let identity: SigningIdentity;
let credentials: Credentials;
/** Another server, whose certificate ours does not know. */
let foreign: Credentials;

beforeAll(async () => {
  identity = await makeIdentity();
  const options = { version: "0.0.0", clock: wallClock };
  credentials = await Credentials.open({ ...options, identity });
  foreign = await Credentials.open({ ...options, identity: await makeIdentity() });
});

afterAll(async () => {
  await credentials[Symbol.asyncDispose]();
  await foreign[Symbol.asyncDispose]();
});

const claimOf = (mimeType: ImageMimeType, more: Partial<Claim> = {}): Claim => ({
  mimeType,
  title: "result",
  sources: [],
  model: { name: "pentimento-mini", digest: "ab".repeat(32) },
  at: new Date("2026-11-28T10:00:00Z"),
  ...more,
});
const sourceTypes = "http://cv.iptc.org/newscodes/digitalsourcetype";

describe.each(imageMimeTypes)("%s", (mimeType) => {
  it("carries what was claimed, and three implementations find it whole", async () => {
    const plain = await encodePicture(mimeType);
    const thumbnail = await encodePicture("image/jpeg", 1, 32);
    const watermark = { algorithm: "pentimento.test", value: "00112233" };
    const signed = await credentials.sign(plain, claimOf(mimeType, { thumbnail, watermark }));
    const { manifest, ...verdict } = await credentials.read(signed, mimeType);
    expect(verdict).toEqual({ state: "trusted", own: true, faults: [] });
    expect(manifest).toMatchObject({
      title: "result",
      generator: "Pentimento 0.0.0",
      signer: { name: "Pentimento development signer (not trusted)", organization: "Pentimento" },
      model: { name: "pentimento-mini", digest: `sha256:${"ab".repeat(32)}` },
      watermark,
      sources: [],
      actions: [
        { action: "c2pa.created", digitalSourceType: `${sourceTypes}/trainedAlgorithmicMedia` },
        { action: "c2pa.watermarked.bound" },
      ],
    });
    expect(manifest).not.toHaveProperty("prompt");
    expect(await readWithWasm(signed, mimeType, rootOf(identity))).toEqual({
      state: "Trusted",
      manifests: 1,
      faults: [],
    });
    if (mimeType !== "image/webp") expect(await readWithTypeScript(signed)).toEqual({ isValid: true, faults: [] });
    expect(await pixelsOf(signed)).toEqual(await pixelsOf(plain));
    expect(signed.length - plain.length).toBeLessThan(8000 + thumbnail.length);
  });

  it("tells a changed byte, a stripped history and a stranger's signature apart", async () => {
    const plain = await encodePicture(mimeType);
    const signed = await credentials.sign(plain, claimOf(mimeType));
    const changed = Uint8Array.from(signed);
    // The last bytes of a PNG and a RIFF file are its end marks; these lie in the picture.
    const at = pictureByte(signed, plain, mimeType);
    changed[at]! ^= 1;
    const broken = await credentials.read(changed, mimeType);
    expect(broken.state).toBe("broken");
    expect(broken.faults).toEqual([expect.stringMatching(/^assertion\.(dataHash|bmffHash)\.mismatch$/)]);
    expect((await readWithWasm(changed, mimeType, rootOf(identity))).state).toBe("Invalid");
    if (mimeType !== "image/webp") expect((await readWithTypeScript(changed))!.isValid).toBe(false);

    await credentials.check(signed, claimOf(mimeType));
    await expect(credentials.check(signed, claimOf(mimeType, { title: "another" }))).rejects.toThrow(/does not verify/);
    await expect(credentials.check(changed, claimOf(mimeType))).rejects.toThrow(/does not verify .*Hash\.mismatch/);

    const stripped = new Uint8Array(await sharp(signed).keepMetadata().toBuffer());
    expect(await credentials.read(stripped, mimeType)).toEqual({ state: "absent", own: false, faults: [] });

    const strange = await credentials.read(await foreign.sign(plain, claimOf(mimeType)), mimeType);
    expect(strange).toMatchObject({ state: "valid", own: false, faults: ["signingCredential.untrusted"] });
  });
});

describe("a chain of edits", () => {
  it("is told whole, from the last edit to the first", async () => {
    let picture = await encodePicture("image/png");
    picture = await credentials.sign(picture, claimOf("image/png", { title: "edit 0" }));
    for (const mimeType of ["image/jpeg", "image/webp", "image/avif"] as const) {
      const title = `edit to ${mimeType}`;
      const before = await credentials.read(picture, mimeBefore(mimeType));
      expect(before.state).toBe("trusted");
      const sources = [{ title: "source", mimeType: mimeBefore(mimeType), credentials: { file: picture } }];
      picture = await credentials.sign(await encodePicture(mimeType, 2), claimOf(mimeType, { title, sources }));
    }
    const { state, faults, manifest } = await credentials.read(picture, "image/avif");
    expect({ state, faults }).toEqual({ state: "trusted", faults: [] });
    const titles: (string | undefined)[] = [];
    for (let at = manifest; at !== undefined; at = at.sources[0]?.manifest) titles.push(at.title);
    expect(titles).toEqual(["edit to image/avif", "edit to image/webp", "edit to image/jpeg", "edit 0"]);
    expect(manifest!.actions).toMatchObject([
      { action: "c2pa.opened" },
      {
        action: "c2pa.edited",
        digitalSourceType: `${sourceTypes}/compositeWithTrainedAlgorithmicMedia`,
        softwareAgent: "pentimento-mini",
      },
    ]);
    expect(await readWithWasm(picture, "image/avif", rootOf(identity))).toEqual({
      state: "Trusted",
      manifests: 4,
      faults: [],
    });
    expect(await readWithTypeScript(picture)).toEqual({ isValid: true, faults: [] });
  });

  it("goes back to what an upload brought along, although its bytes were not kept", async () => {
    const upload = await foreign.sign(await encodePicture("image/jpeg"), claimOf("image/jpeg", { title: "camera" }));
    const captured = await credentials.capture(upload, "image/jpeg");
    const sources = [{ title: "upload", mimeType: "image/jpeg", credentials: { captured: captured! } }] as const;
    const edited = await credentials.sign(await encodePicture("image/png"), claimOf("image/png", { sources }));
    const { state, manifest } = await credentials.read(edited, "image/png");
    expect(state).toBe("trusted");
    expect(manifest!.sources).toMatchObject([
      {
        title: "upload",
        relationship: "parentOf",
        faults: ["signingCredential.untrusted"],
        manifest: { title: "camera" },
      },
    ]);
    expect(await readWithTypeScript(edited)).toEqual({ isValid: true, faults: [] });
  });

  it("says of an upload whose history did not fit it that it did not", async () => {
    const upload = Uint8Array.from(await credentials.sign(await encodePicture("image/jpeg"), claimOf("image/jpeg")));
    upload[upload.length - 20]! ^= 1;
    const captured = await credentials.capture(upload, "image/jpeg");
    const sources = [{ title: "upload", mimeType: "image/jpeg", credentials: { captured: captured! } }] as const;
    const edited = await credentials.sign(await encodePicture("image/png"), claimOf("image/png", { sources }));
    const { manifest } = await credentials.read(edited, "image/png");
    expect(manifest!.sources[0]!.faults).toEqual(["assertion.dataHash.mismatch"]);
  });

  it("names every picture that went in, and the prompt only where it is given", async () => {
    const plain = { title: "plain", mimeType: "image/png" } as const;
    const upload = await credentials.sign(await encodePicture("image/webp"), claimOf("image/webp"));
    const withHistory = { title: "second", mimeType: "image/webp", credentials: { file: upload } } as const;
    const captured = (await credentials.capture(upload, "image/webp"))!;
    const third = { title: "third", mimeType: "image/webp", credentials: { captured } } as const;
    const claim = claimOf("image/png", { sources: [plain, withHistory, third], prompt: "make it blue" });
    const signed = await credentials.sign(await encodePicture("image/png"), claim);
    const { state, manifest } = await credentials.read(signed, "image/png");
    expect(state).toBe("trusted");
    expect(manifest!.prompt).toBe("make it blue");
    const sources = manifest!.sources.map(({ title, relationship, manifest: own }) => [
      title,
      relationship,
      own?.title,
    ]);
    expect(sources.sort()).toEqual([
      ["plain", "parentOf", undefined],
      ["second", "inputTo", "result"],
      ["third", "inputTo", "result"],
    ]);
  });
});

describe("a history that branches", () => {
  const type = "image/png";
  /** Made from these results of ours. */
  const madeFrom = async (title: string, files: readonly Uint8Array[]) => {
    const sources = files.map((file, i) => ({ title: `source ${i}`, mimeType: type, credentials: { file } }) as const);
    return credentials.sign(await encodePicture(type), claimOf(type, { title, sources }));
  };
  /** Of 1, 3, 7, 15, 31 and 63 manifests. */
  const generations = async () => {
    const files = [await madeFrom("0", [])];
    for (let i = 1; i <= 5; i += 1) files.push(await madeFrom(`${i}`, [files[i - 1]!, files[i - 1]!]));
    return files;
  };
  const countOf = (manifest: ManifestReport): number =>
    manifest.sources.reduce((sum, source) => sum + (source.manifest ? countOf(source.manifest) : 0), 1);
  const manifestOf = async (file: Uint8Array) => (await credentials.read(file, type)).manifest!;

  it("is carried on as long as all of it is of a hundred manifests, each counted as often as it is named", async () => {
    const files = await generations();
    const both = await manifestOf(await madeFrom("6", [files[5]!, files[5]!]));
    const titles = both.sources.map(({ title, manifest }) => [title, manifest?.title]);
    expect(titles.sort()).toEqual([
      ["source 0", "5"],
      ["source 1", undefined],
    ]);
    expect(countOf(both)).toBe(64);

    const full = await madeFrom("full", [files[5]!, files[4]!, files[1]!, files[1]!]);
    expect(countOf(await manifestOf(full))).toBe(101);
    expect(await credentials.capture(full, type)).toBeUndefined();
    expect(await credentials.capture(files[5]!, type)).toBeDefined();
    const alone = await credentials.read(await madeFrom("alone", [full]), type);
    expect([alone.state, countOf(alone.manifest!)]).toEqual(["trusted", 1]);
  });

  it("is carried on from what was captured within the same bound", async () => {
    const files = await generations();
    const captured = (await credentials.capture(files[5]!, type))!;
    const sources = [0, 1].map((i) => ({ title: `source ${i}`, mimeType: type, credentials: { captured } }) as const);
    const { state, manifest } = await credentials.read(
      await credentials.sign(await encodePicture(type), claimOf(type, { sources })),
      type,
    );
    expect([state, countOf(manifest!)]).toEqual(["trusted", 64]);
  });

  it("of anybody is told in part", () => {
    const ingredients = (label: number) => [1, 2].map(() => ({ active_manifest: `${label}` }));
    const manifests = Object.fromEntries(
      Array.from({ length: 13 }, (_, i) => [`${i}`, { label: `${i}`, ingredients: i === 0 ? [] : ingredients(i - 1) }]),
    );
    const found = { active_manifest: "12", manifests, validation_state: "Valid" };
    expect(countOf(reportOf(found, undefined).manifest!)).toBe(200);
    expect(historyLengthOf(found, 10_000)).toBe(2 ** 13 - 1);
    expect(historyLengthOf(found, 8190)).toBe(Number.POSITIVE_INFINITY);
    manifests["0"]!.ingredients = [{ active_manifest: "12" }];
    expect(historyLengthOf(found, 10_000)).toBe(Number.POSITIVE_INFINITY);
    expect(historyLengthOf({}, 10)).toBe(0);
  });
});

describe("files of anybody", () => {
  it("without a history have nothing to capture", async () => {
    for (const mimeType of imageMimeTypes) {
      expect(await credentials.capture(await encodePicture(mimeType), mimeType)).toBeUndefined();
    }
    const mentioned = new Uint8Array(
      await sharp(await encodePicture("image/jpeg"))
        .withExif({ IFD0: { Copyright: "c2pa" } })
        .toBuffer(),
    );
    expect(await credentials.capture(mentioned, "image/jpeg")).toBeUndefined();
  });

  it("that keep their history elsewhere are told from those without, and nothing is fetched", async () => {
    const address = "http://127.0.0.1:9/history.c2pa";
    const builder = Builder.withJson({
      claim_generator_info: [{ name: "elsewhere", version: "1" }],
      assertions: [{ label: "c2pa.actions.v2", data: { actions: [{ action: "c2pa.created" }] } }],
    } as Manifest);
    builder.setNoEmbed(true);
    builder.setRemoteUrl(address);
    const signer = LocalSigner.newSigner(Buffer.from(identity.chain), Buffer.from(identity.privateKey), "es256");
    const output: DestinationBufferAsset = { buffer: null };
    const plain = Buffer.from(await encodePicture("image/jpeg"));
    builder.sign(signer, { buffer: plain, mimeType: "image/jpeg" }, output);
    const file = new Uint8Array(output.buffer!);
    const report = await credentials.read(file, "image/jpeg");
    expect(report).toEqual({ state: "absent", own: false, faults: [], remoteUrl: address });
    expect(await credentials.capture(file, "image/jpeg")).toBeUndefined();
  });

  it("never vouch for anything but what was signed, wherever they are damaged", async () => {
    const plain = await encodePicture("image/png");
    const signed = await credentials.sign(plain, claimOf("image/png"));
    const whole = await credentials.read(signed, "image/png");
    // Padding of the signature is covered by no hash: changing it changes nothing that anybody reads.
    let unnoticed = 0;
    for (let at = 8; at < signed.length; at += Math.ceil(signed.length / 80)) {
      const changed = Uint8Array.from(signed);
      changed[at]! ^= 0x10;
      const report = await credentials.read(changed, "image/png");
      await credentials.capture(changed, "image/png");
      expect((await credentials.read(signed.subarray(0, at), "image/png")).state).toMatch(/broken|absent/);
      if (report.state === "broken" || report.state === "absent") continue;
      unnoticed += 1;
      expect(report).toEqual(whole);
      expect(await pixelsOf(changed)).toEqual(await pixelsOf(plain));
    }
    expect(unnoticed).toBeLessThan(20);
  });
});

describe("a server that only reads", () => {
  it("knows nobody, or those that it is told to trust", async () => {
    const signed = await credentials.sign(await encodePicture("image/png"), claimOf("image/png"));
    const readWith = async (anchors: string) => {
      await using reader = await Credentials.open({ anchors, version: "0.0.0", clock: wallClock });
      return await reader.read(signed, "image/png");
    };
    expect(await readWith("")).toMatchObject({ state: "valid", own: false, faults: ["signingCredential.untrusted"] });
    expect(await readWith(rootOf(identity))).toMatchObject({ state: "trusted", own: false, faults: [] });
    await expect(readWith("nonsense")).rejects.toThrow(/trust anchors: expected certificates in PEM/);
  });
});

describe("signing", () => {
  it("is refused at the start with a key that is not the certificate's", async () => {
    const { privateKey } = await makeIdentity();
    const options = { identity: { ...identity, privateKey }, version: "0.0.0", clock: wallClock };
    await expect(Credentials.open(options)).rejects.toThrow(/does not verify/);
  });
});

async function pixelsOf(bytes: Uint8Array): Promise<Buffer> {
  return sharp(bytes).raw().toBuffer();
}

/** A byte of the picture's own data, whose change no container notices before C2PA does. */
function pictureByte(signed: Uint8Array, plain: Uint8Array, mimeType: ImageMimeType): number {
  const middle = Buffer.from(plain.subarray(plain.length - 60, plain.length - 30));
  const at = Buffer.from(signed).lastIndexOf(middle);
  if (at < 0) throw new Error(`the end of the ${mimeType} was not found in the signed one`);
  return at + 4;
}

function mimeBefore(mimeType: ImageMimeType): ImageMimeType {
  const order: readonly ImageMimeType[] = ["image/png", "image/jpeg", "image/webp", "image/avif"];
  return order[order.indexOf(mimeType) - 1]!;
}
