import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { chooseBucket } from "../src/core/bucket.ts";
import type { RgbImage, Size } from "../src/core/image.ts";
import { decodeImage } from "../src/intake/decode.ts";
import { prepareImage } from "../src/pipeline/prepare-image.ts";
import { colours, edits } from "./edits.ts";
import { toPlanes, toRgb } from "./planes.ts";
import type { Wording } from "./prompts.ts";

/** One question: a source, a sentence, and the only right answer. */
export interface Case {
  readonly group: "photo" | "scene" | "object" | "strange";
  readonly edit: string;
  readonly prompt: string;
  /** The picture's name. */
  readonly picture: string;
  readonly source: RgbImage;
  readonly target: RgbImage;
}

/** Photographs of a folder, stretched to their bucket. */
export async function readPhotos(
  folder: string,
  buckets: readonly Size[],
): Promise<{ name: string; image: RgbImage }[]> {
  const names = (await readdir(folder)).filter((name) => /\.(png|jpe?g|webp)$/i.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const image = await decodeImage(await readFile(join(folder, name)));
      return { name, image: prepareImage(image, chooseBucket(image, buckets, "diffusers")) };
    }),
  );
}

/** The exact result of an edit of a whole picture. */
export function targetOf(source: RgbImage, { edit, colour }: Wording): RgbImage {
  return toRgb(edits[edit]!(toPlanes(source), colours[colour ?? "white"]!));
}

export function casesOf(
  group: Case["group"],
  wordings: readonly Wording[],
  pictures: readonly { name: string; image: RgbImage }[],
): Case[] {
  return wordings.flatMap((wording) =>
    pictures.map(({ name, image }) => ({
      group,
      edit: wording.edit,
      prompt: wording.text,
      picture: name,
      source: image,
      target: targetOf(image, wording),
    })),
  );
}

/** Generated pictures kept back from training: whole scenes, and pairs for the edits of objects. */
export async function readHeldOut(
  folder: string,
): Promise<{ scenes: { name: string; image: RgbImage }[]; objects: Case[] }> {
  const index = join(folder, "cases.json");
  if (!existsSync(index)) return { scenes: [], objects: [] };
  const read = async (name: string) => decodeImage(await readFile(join(folder, name)));
  const held = heldOut.parse(JSON.parse(await readFile(index, "utf8")));
  return {
    scenes: await Promise.all(held.scenes.map(async (name) => ({ name, image: await read(name) }))),
    objects: await Promise.all(
      held.objects.map(async ({ edit, prompt, source, target }) => ({
        group: "object" as const,
        edit,
        prompt,
        picture: source,
        source: await read(source),
        target: await read(target),
      })),
    ),
  };
}

const file = z.string().regex(/^[\w.-]+$/);
const heldOut = z.object({
  scenes: z.array(file),
  objects: z.array(z.object({ edit: z.string(), prompt: z.string(), source: file, target: file })),
});
