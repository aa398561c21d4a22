import "reflect-metadata";
import type { GraphQLSchema } from "graphql";
import { buildSchemaSync, type NonEmptyArray, type PubSub } from "type-graphql";
import { AccountResolver } from "./account/account.resolver.ts";
import { SignInResolver } from "./account/sign-in.resolver.ts";
import { AuditResolver } from "./audit/audit.resolver.ts";
import { EditResolver } from "./edit/edit.resolver.ts";
import { ImageResolver } from "./image/image.resolver.ts";
import { KeyResolver } from "./key/key.resolver.ts";
import { ModelResolver } from "./model/model.resolver.ts";
import { HashListResolver } from "./moderation/hash-list.resolver.ts";
import { ModerationResolver } from "./moderation/moderation.resolver.ts";
import { CompletedEventResolver, ProgressResolver } from "./progress/progress.resolver.ts";
import {
  CancelledEvent,
  CompletedEvent,
  ExpiredEvent,
  FailedEvent,
  ModeratedEvent,
  QueuedEvent,
  ResumedEvent,
  StartedEvent,
  StepEvent,
} from "./progress/progress.type.ts";
import { ImageProvenanceResolver, ProvenanceResolver } from "./provenance/provenance.resolver.ts";
import { SchedulerResolver } from "./scheduler/scheduler.resolver.ts";
import { UploadResolver } from "./upload/upload.resolver.ts";
import { UsageResolver } from "./usage/usage.resolver.ts";

const resolvers = [
  AccountResolver,
  AuditResolver,
  CompletedEventResolver,
  EditResolver,
  HashListResolver,
  ImageResolver,
  KeyResolver,
  ModelResolver,
  ModerationResolver,
  ProgressResolver,
  ImageProvenanceResolver,
  ProvenanceResolver,
  SchedulerResolver,
  SignInResolver,
  UploadResolver,
  UsageResolver,
] as const;

const eventTypes = [
  QueuedEvent,
  StartedEvent,
  StepEvent,
  ModeratedEvent,
  ResumedEvent,
  CompletedEvent,
  FailedEvent,
  CancelledEvent,
  ExpiredEvent,
];

/** Subscriptions bring their own streams; type-graphql only wants to be told of some bus. */
const noBus: PubSub = {
  publish: () => {},
  subscribe: () => {
    throw new Error("assertion: every subscription has a stream of its own");
  },
};

/** The schema that `schema/schema.graphql` prints. */
export function createSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [...resolvers] as unknown as NonEmptyArray<(typeof resolvers)[number]>,
    orphanedTypes: eventTypes,
    validate: false,
    pubSub: noBus,
  });
}
