import { GraphQLDateTimeISO, GraphQLJSON } from "graphql-scalars";
import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import type { CredentialsReport, ManifestReport } from "../../provenance/credentials-report.ts";
import { CredentialsState } from "../enums.ts";
import { ImageType } from "../image/image.type.ts";

@ObjectType("CredentialSource", { description: "A picture that went in.", simpleResolvers: true })
export class CredentialSourceType {
  @Field(() => String, { nullable: true, description: "As the claim calls it." })
  title!: string | null;

  @Field(() => String, { description: "parentOf, componentOf or inputTo." })
  relationship!: string;

  @Field(() => [String], { description: "C2PA's codes for what failed when its own history was checked." })
  faults!: readonly string[];

  @Field(() => ManifestType, { nullable: true, description: "Its own history, where it had one." })
  manifest!: ManifestType | null;
}

@ObjectType("CredentialManifest", { description: "One signed claim (C2PA).", simpleResolvers: true })
export class ManifestType {
  @Field(() => String, { nullable: true, description: "What it calls the picture." })
  title!: string | null;

  @Field(() => String, { nullable: true, description: "Program that made the claim." })
  generator!: string | null;

  @Field(() => String, { nullable: true, description: "Name in the signer's certificate." })
  signer!: string | null;

  @Field(() => String, { nullable: true, description: "Organisation in the signer's certificate." })
  organization!: string | null;

  @Field(() => String, { nullable: true, description: "ISO 8601, as a timestamp authority said." })
  signedAt!: string | null;

  @Field(() => [String], { description: "What was done, by C2PA's names, in order." })
  actions!: readonly string[];

  @Field(() => String, { nullable: true, description: "Name of the model, where one was told." })
  model!: string | null;

  @Field(() => String, { nullable: true, description: "Digest of the model." })
  modelDigest!: string | null;

  @Field(() => String, { nullable: true, description: "Where its account let it be told." })
  prompt!: string | null;

  @Field(() => String, { nullable: true, description: "The number that the pixels are said to carry." })
  watermark!: string | null;

  @Field(() => [CredentialSourceType], { description: "Pictures that went in, the edited one first." })
  sources!: CredentialSourceType[];
}

@ObjectType("Credentials", { description: "What a file's content credentials (C2PA) say.", simpleResolvers: true })
export class CredentialsType {
  @Field(() => CredentialsState, { description: "Whether they hold." })
  state!: keyof typeof CredentialsState;

  @Field(() => Boolean, { description: "Whether this server signed the file." })
  own!: boolean;

  @Field(() => [String], { description: "C2PA's codes for what failed." })
  faults!: readonly string[];

  @Field(() => String, { nullable: true, description: "Where the file says that they are kept; never fetched." })
  remoteUrl!: string | null;

  @Field(() => ManifestType, { nullable: true, description: "What was signed last; of a broken file what it claims." })
  manifest!: ManifestType | null;
}

@ObjectType("Difference", { description: "How far two pictures lie apart.", simpleResolvers: true })
export class DifferenceType {
  @Field(() => Int, { description: "The largest difference of two bytes, 0 to 255." })
  max!: number;

  @Field(() => Float, { description: "The mean difference, 0 to 255." })
  mean!: number;

  @Field(() => Float, { nullable: true, description: "Decibels; null where they are identical." })
  psnr!: number | null;
}

@ObjectType("Rerun", { description: "How a rerun came out.", simpleResolvers: true })
export class RerunType {
  @Field(() => ID, { description: "The picture that was made again." })
  imageId!: string;

  @Field(() => Boolean, { description: "Whether the pixels are the same." })
  identical!: boolean;

  @Field(() => DifferenceType, { nullable: true, description: "Null where the earlier bytes are gone." })
  difference!: DifferenceType | null;
}

@ObjectType("Fingerprint", { description: "A perceptual hash, by which copies are found.", simpleResolvers: true })
export class FingerprintType {
  @Field(() => String, { description: "PDQ, 256 bits in hex." })
  pdq!: string;

  @Field(() => Int, { description: "0 to 100: how much detail there is; under 50 nothing is looked for." })
  quality!: number;
}

@ObjectType("Provenance", { description: "How a result was made." })
export class ProvenanceType {
  @Field(() => Int, { description: "Which of its edit's pictures, from 0." })
  index!: number;

  @Field(() => GraphQLJSON, { description: "All that is needed to make it again, beside the pictures it names." })
  recipe!: unknown;

  @Field(() => String, { description: "SHA-256 of the pixels that the model made, before marks and encoding." })
  pixelsDigest!: string;

  @Field(() => String, {
    nullable: true,
    description: "The number that the pixels carry, eight hexadecimal digits; null under 64 pixels a side.",
  })
  watermark!: string | null;

  @Field(() => FingerprintType, { nullable: true, description: "Of the picture as delivered." })
  fingerprint!: FingerprintType | null;

  @Field(() => RerunType, { nullable: true, description: "Of a rerun." })
  rerun!: RerunType | null;

  @Field(() => GraphQLDateTimeISO, { description: "When it was made." })
  createdAt!: Date;

  /** Not fields: what the resolvers need. */
  editId!: string;
  digest!: string | null;
  contentType!: string;
}

@ObjectType("WatermarkFinding", { description: "A mark of this server's key.", simpleResolvers: true })
export class WatermarkFindingType {
  @Field(() => String, { description: "The number, eight hexadecimal digits." })
  payload!: string;

  @Field(() => Float, { description: "0.66 to 1: share of the evidence that agrees; no probability." })
  confidence!: number;

  @Field(() => [ImageType], {
    description: "The newest pictures of the account that carry it, at most 20, those that look like it first.",
  })
  images!: ImageType[];
}

@ObjectType("NearImage", { description: "A picture that looks like another.", simpleResolvers: true })
export class NearImageType {
  @Field(() => ImageType, { description: "The account's." })
  image!: ImageType;

  @Field(() => Int, { description: "Bits of 256 in which the fingerprints differ, 0 to 31." })
  distance!: number;
}

@ObjectType("Verification", { description: "Where a file comes from, as far as can be said.", simpleResolvers: true })
export class VerificationType {
  @Field(() => String, { description: "All of it in one sentence." })
  summary!: string;

  @Field(() => CredentialsType, { nullable: true, description: "Null where the server runs without credentials." })
  credentials!: CredentialsType | null;

  @Field(() => WatermarkFindingType, { nullable: true, description: "Null where none was found." })
  watermark!: WatermarkFindingType | null;

  @Field(() => FingerprintType, { nullable: true, description: "Null for a picture that is damaged." })
  fingerprint!: FingerprintType | null;

  @Field(() => [NearImageType], { description: "The account's pictures that look like it, at most 5, nearest first." })
  nearest!: NearImageType[];
}

/** A report as GraphQL shows it. */
export function shownCredentials(report: CredentialsReport): CredentialsType {
  const { state, own, faults, remoteUrl = null, manifest } = report;
  const upper = state.toUpperCase() as keyof typeof CredentialsState;
  return { state: upper, own, faults, remoteUrl, manifest: manifest ? shownManifest(manifest) : null };
}

function shownManifest(manifest: ManifestReport): ManifestType {
  const { title = null, generator = null, signer, signedAt = null, actions, model, prompt = null } = manifest;
  return {
    title,
    generator,
    signer: signer?.name ?? null,
    organization: signer?.organization ?? null,
    signedAt,
    actions: actions.map(({ action }) => action),
    model: model?.name ?? null,
    modelDigest: model?.digest ?? null,
    prompt,
    watermark: manifest.watermark?.value ?? null,
    sources: manifest.sources.map((source) => ({
      title: source.title ?? null,
      relationship: source.relationship,
      faults: source.faults,
      manifest: source.manifest ? shownManifest(source.manifest) : null,
    })),
  };
}
