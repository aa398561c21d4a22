import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import sharp from "sharp";
import { wallClock } from "../src/core/clock.ts";
import { projectFolder } from "../src/core/program.ts";
import { makeThumbnail } from "../src/finishing/thumbnail.ts";
import { Fingerprints } from "../src/journey/fingerprints.ts";
import { PixelThreads } from "../src/journey/pixel-threads.ts";
import { type Claim, imageMimeTypes } from "../src/provenance/claim.ts";
import { Credentials } from "../src/provenance/credentials.ts";
import { openDevelopmentIdentity } from "../src/provenance/signing-identity.ts";
import { saveResult } from "./result.ts";

const side = 1024;
const rounds = 15;
const fingerprintCount = 100_000;

/** Milliseconds to sign a picture of one megapixel and verify it, per format, and how long the event loop stood still. */
export async function benchCredentials(): Promise<void> {
  const identity = await openDevelopmentIdentity(await mkdtemp(join(tmpdir(), "pentimento-bench-")), wallClock.date());
  await using credentials = await Credentials.open({ identity, version: "0.0.0", clock: wallClock });
  const photo = sharp(join(projectFolder, "samples", "coffee.png"))
    .resize(side, side, { fit: "fill" })
    .removeAlpha();
  const thumbnail = await makeThumbnail({ width: side, height: side, data: await photo.clone().raw().toBuffer() });
  const results = [];
  for (const mimeType of imageMimeTypes) {
    const format = mimeType.slice("image/".length) as "png" | "jpeg" | "webp" | "avif";
    const plain = new Uint8Array(await photo.clone().toFormat(format).toBuffer());
    const parent = await credentials.sign(plain, claimOf(mimeType, thumbnail));
    const claim = claimOf(mimeType, thumbnail, [{ title: "source", mimeType, credentials: { file: parent } }]);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const signMs = await timeOf(() => credentials.sign(plain, claim));
    const readMs = await timeOf(() => credentials.read(parent, mimeType));
    delay.disable();
    const result = {
      mimeType,
      bytes: plain.length,
      addedBytes: parent.length - plain.length,
      signMs,
      readMs,
      loopDelayMsMax: delay.max / 1e6,
    };
    results.push(result);
    console.log(
      `${format.padEnd(5)} ${(plain.length / 1e6).toFixed(2)} MB + ${result.addedBytes} B: sign and verify ` +
        `${signMs.toFixed(1)} ms, read ${readMs.toFixed(1)} ms, event loop held at most ${result.loopDelayMsMax.toFixed(1)} ms`,
    );
  }
  const pixels = await benchPixels(await photo.clone().raw().toBuffer());
  await saveResult("credentials", { results, pixels });
}

/** Milliseconds to mark a megapixel, find the mark, take its fingerprint, and look among 100,000. */
async function benchPixels(data: Uint8Array) {
  const image = { width: side, height: side, data };
  await using threads = new PixelThreads(new Uint8Array(randomBytes(32)));
  await threads.warmUp();
  const marked = await threads.mark(image, 1);
  const fingerprints = new Fingerprints();
  for (let i = 0; i < fingerprintCount; i += 1)
    fingerprints.add({ id: `${i}`, accountId: "a" }, { pdq: randomBytes(32).toString("hex"), quality: 100 });
  const asked = await threads.fingerprint(image);
  const pixels = {
    markMs: await timeOf(() => threads.mark(image, 1)),
    detectMs: await timeOf(() => threads.detect(marked)),
    fingerprintMs: await timeOf(() => threads.fingerprint(image)),
    searchMs: await timeOf(async () => fingerprints.nearest("a", asked)),
  };
  const [mark, detect, pdq, search] = Object.values(pixels).map((ms) => `${ms.toFixed(1)} ms`);
  console.log(`mark ${mark}, find the mark ${detect}, PDQ ${pdq}, search of ${fingerprintCount} ${search}`);
  return pixels;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
}

function claimOf(mimeType: Claim["mimeType"], thumbnail: Uint8Array, sources: Claim["sources"] = []): Claim {
  const model = { name: "pentimento-mini", digest: "00".repeat(32) };
  return { mimeType, title: "bench", sources, model, at: wallClock.date(), thumbnail };
}
