import { GraphQLDateTimeISO, GraphQLJSON } from "graphql-scalars";
import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import type { AuditKind as KindName } from "../../core/audit.ts";
import type { Category as CategoryName } from "../../core/moderation.ts";
import { AuditKind, Category } from "../enums.ts";

@InputType({ description: "Which audit events; all that are shown to the account when it is left out." })
export class AuditFilterInput {
  @Field(() => ID, { nullable: true, description: "Concerned account. Other accounts need the role AUDITOR." })
  accountId?: string | null;

  @Field(() => [AuditKind], { nullable: true, description: "What was done: any of 1 to 8." })
  kinds?: KindName[] | null;

  @Field(() => ID, { nullable: true, description: "Done to this: id of an edit, a picture, a case …" })
  subjectId?: string | null;

  @Field(() => Category, { nullable: true, description: "Of moderation." })
  category?: CategoryName | null;

  @Field(() => ID, { nullable: true, description: "Done by: id of an account or a key, or `server`." })
  actor?: string | null;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "Not before." })
  from?: Date | null;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "Before; itself not included." })
  before?: Date | null;
}

@ObjectType("AuditEvent", { description: "One act, as the audit log keeps it.", simpleResolvers: true })
export class AuditEventType {
  @Field(() => ID, { description: "Opaque." })
  id!: string;

  @Field(() => GraphQLDateTimeISO, { description: "When." })
  at!: Date;

  @Field(() => String, { description: "Who: id of an account or a key, or `server`." })
  actor!: string;

  @Field(() => AuditKind, { description: "What was done." })
  kind!: string;

  @Field(() => String, { description: "To what kind of thing: edit, image, case, account, key …" })
  subjectKind!: string;

  @Field(() => ID, { description: "To which." })
  subjectId!: string;

  @Field(() => ID, { nullable: true, description: "The account concerned." })
  accountId!: string | null;

  @Field(() => Category, { nullable: true, description: "Of moderation." })
  category!: string | null;

  @Field(() => GraphQLJSON, {
    nullable: true,
    description: "More of it. Null when there is no more, when it was erased, and when it is for auditors alone.",
  })
  details!: unknown;

  @Field(() => Boolean, { description: "Whether the details were erased; their digest stays." })
  erased!: boolean;

  @Field(() => String, { description: "SHA-256 over salt and details, in hex; this is what the chain holds." })
  detailsDigest!: string;

  @Field(() => Int, {
    nullable: true,
    description: "Its place in the chain, from 0; null for half a second, until it is sealed.",
  })
  position!: number | null;

  @Field(() => String, { nullable: true, description: "SHA-256 over the link before it and itself, in hex." })
  link!: string | null;
}

@ObjectType("AuditProof", {
  description: "That an event is in the log that a signed checkpoint stands for (RFC 6962).",
  simpleResolvers: true,
})
export class AuditProofType {
  @Field(() => AuditEventType, { description: "The event." })
  event!: AuditEventType;

  @Field(() => Int, { description: "The event's place, from 0." })
  position!: number;

  @Field(() => String, { description: "The link before it, 64 hex digits." })
  previousLink!: string;

  @Field(() => [String], { description: "Sibling hashes from the leaf to the root, in hex." })
  hashes!: readonly string[];

  @Field(() => String, { description: "A signed note (C2SP): log, number of events, root, signature." })
  checkpoint!: string;

  @Field(() => String, { description: "All of it as JSON, for `pentimento audit verify --proof`." })
  json!: string;
}

@ObjectType("AuditCheckpoint", { description: "What stands for the whole log.", simpleResolvers: true })
export class AuditCheckpointType {
  @Field(() => String, { nullable: true, description: "The newest signed note; null while nothing was written." })
  note!: string | null;

  @Field(() => Int, { description: "Events that it covers." })
  size!: number;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When it was made; one a minute while events come." })
  signedAt!: Date | null;

  @Field(() => Int, { description: "Events that have their place in the chain." })
  sealed!: number;

  @Field(() => Int, { description: "Events that wait for theirs." })
  waiting!: number;

  @Field(() => String, { description: "What notes are checked with. Keep it where this server cannot write." })
  publicKey!: string;
}

@ObjectType("AuditConsistency", {
  description: "That one log begins with another, so that nothing in it was changed (RFC 6962).",
  simpleResolvers: true,
})
export class AuditConsistencyType {
  @Field(() => Int, { description: "Events of the older." })
  older!: number;

  @Field(() => Int, { description: "Events of the newer." })
  newer!: number;

  @Field(() => [String], { description: "Hashes in hex; none where both are the same." })
  hashes!: readonly string[];
}
