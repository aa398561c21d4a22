import { imageFormats } from "../core/image.ts";

/** What a picture's credentials say of how it came to be. Nothing else goes in: no account, no prompt unless it is given. */
export interface Claim {
  readonly mimeType: ImageMimeType;
  readonly title: string;
  /** Pictures that went in, the edited one first; none when it was made from words alone. */
  readonly sources: readonly ClaimSource[];
  /** Name and SHA-256 (hex) of the model. */
  readonly model: { readonly name: string; readonly digest: string };
  readonly at: Date;
  /** A small JPEG. */
  readonly thumbnail?: Uint8Array;
  /** What the pixels carry, by the name of the way and the value. */
  readonly watermark?: { readonly algorithm: string; readonly value: string };
  /** Only where the account wants it told. */
  readonly prompt?: string;
}

export interface ClaimSource {
  readonly title: string;
  readonly mimeType: ImageMimeType;
  /**
   * Where its own credentials are: in the file itself, or in what `Credentials.capture` kept of the upload; absent when it
   * came without any.
   */
  readonly credentials?: { readonly file: Uint8Array } | { readonly captured: Uint8Array };
}

export const imageMimeTypes = imageFormats.map((format) => `image/${format}` as const);
export type ImageMimeType = (typeof imageMimeTypes)[number];

/** The label under which the model stands; C2PA leaves labels of one's own to everybody. */
export const modelLabel = "pentimento.model";

const sourceTypes = "http://cv.iptc.org/newscodes/digitalsourcetype";
const generator = { name: "Pentimento" };
const thumbnailName = "thumbnail.jpg";

/** Name under which an action refers to a source, and a source's resources are told apart. */
export function sourceLabel(index: number): string {
  return `source-${index}`;
}

/**
 * A claim as C2PA's manifest definition, without the sources. The first action says where the picture began, which C2PA
 * demands; the edited picture is its parent, every other one an input of the edit.
 */
export function manifestDefinition(claim: Claim, version: string): Readonly<Record<string, unknown>> {
  return {
    claim_version: 2,
    claim_generator_info: [{ ...generator, version }],
    title: claim.title,
    format: claim.mimeType,
    ...(claim.thumbnail && { thumbnail: { format: "image/jpeg", identifier: thumbnailName } }),
    assertions: [
      { label: "c2pa.actions.v2", data: { actions: actionsOf(claim), allActionsIncluded: true } },
      { label: modelLabel, data: modelOf(claim) },
      ...(claim.watermark === undefined ? [] : [softBinding(claim.watermark)]),
    ],
  };
}

/** The files that a definition refers to. */
export function resourcesOf({ thumbnail }: Claim): { readonly name: string; readonly bytes: Uint8Array }[] {
  return thumbnail === undefined ? [] : [{ name: thumbnailName, bytes: thumbnail }];
}

function actionsOf({ sources, model, at, watermark }: Claim): unknown[] {
  const when = at.toISOString();
  const softwareAgent = { name: model.name };
  const watermarked = watermark === undefined ? [] : [{ action: "c2pa.watermarked.bound", when }];
  if (sources.length === 0) {
    const digitalSourceType = `${sourceTypes}/trainedAlgorithmicMedia`;
    return [{ action: "c2pa.created", when, softwareAgent, digitalSourceType }, ...watermarked];
  }
  const inputs = sources.slice(1).map((_, i) => sourceLabel(i + 1));
  return [
    { action: "c2pa.opened", when, parameters: { ingredientIds: [sourceLabel(0)] } },
    {
      action: "c2pa.edited",
      when,
      softwareAgent,
      digitalSourceType: `${sourceTypes}/compositeWithTrainedAlgorithmicMedia`,
      ...(inputs.length > 0 && { parameters: { ingredientIds: inputs } }),
    },
    ...watermarked,
  ];
}

function modelOf({ model, prompt }: Claim): unknown {
  return { name: model.name, digest: `sha256:${model.digest}`, ...(prompt !== undefined && { prompt }) };
}

function softBinding({ algorithm, value }: { algorithm: string; value: string }): unknown {
  return { label: "c2pa.soft-binding", data: { alg: algorithm, blocks: [{ scope: {}, value }], pad: "" } };
}
