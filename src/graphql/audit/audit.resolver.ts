import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import type { ExportFormat } from "../../audit/export.ts";
import { hasRole } from "../../core/account.ts";
import { exportParameters } from "../../journey/audit-link.ts";
import { type AuditWish, checkAuditWish } from "../../journey/audit-reader.ts";
import { countSealed, countUnsealed } from "../../store/audit-log.ts";
import { connectionOf, connectionType, PageArguments, pageArgs } from "../connection.ts";
import { activeViewerOf, type Context, viewerOf, withRole } from "../context.ts";
import { AuditFormat } from "../enums.ts";
import {
  AuditCheckpointType,
  AuditConsistencyType,
  AuditEventType,
  AuditFilterInput,
  AuditProofType,
} from "./audit.type.ts";

const AuditEventConnection = connectionType("AuditEvent", AuditEventType);

/** Seconds that the address of an export opens; once begun it may take longer. */
const exportSeconds = 300;

@Resolver(() => AuditEventType)
export class AuditResolver {
  @Query(() => AuditEventConnection, {
    description:
      "Who did what, when. Auditors see everything; anybody else what they and the server did to their account.",
  })
  async auditEvents(
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: Context,
    @Arg("filter", () => AuditFilterInput, { nullable: true, description: "Which." }) filter?: AuditFilterInput | null,
  ) {
    const found = await context.services.auditReader.list(readerOf(context), wishOf(filter), pageArgs(page));
    return connectionOf(found, (event): AuditEventType => event);
  }

  @Query(() => AuditProofType, {
    description: "Proof that an event is in the log. Checked with the log's public key alone, without this server.",
  })
  async auditProof(
    @Arg("eventId", () => ID, { description: "Of an event that `auditEvents` shows." }) eventId: string,
    @Ctx() context: Context,
  ): Promise<AuditProofType> {
    const { proof, event } = await context.services.auditReader.prove(readerOf(context), eventId);
    return { ...proof, event, json: JSON.stringify(proof) };
  }

  @Query(() => AuditCheckpointType, {
    description: "What stands for the whole log now. Whoever keeps it can hold the server to it.",
  })
  async auditCheckpoint(@Ctx() context: Context): Promise<AuditCheckpointType> {
    viewerOf(context);
    const { auditLog, db } = context.services;
    const newest = await auditLog.newest();
    const [sealed, waiting, signedAt] = await Promise.all([countSealed(db), countUnsealed(db), auditLog.signedAt()]);
    return {
      note: newest?.note ?? null,
      size: newest?.size ?? 0,
      signedAt: signedAt ?? null,
      sealed,
      waiting,
      publicKey: auditLog.publicKey,
    };
  }

  @Query(() => AuditConsistencyType, {
    description: "Proof that the log of a newer checkpoint begins with that of an older.",
  })
  async auditConsistency(
    @Arg("older", () => Int, { description: "Events of the older checkpoint, at least 1." }) older: number,
    @Arg("newer", () => Int, { description: "Events of the newer." }) newer: number,
    @Ctx() context: Context,
  ): Promise<AuditConsistencyType> {
    viewerOf(context);
    return { older, newer, hashes: await context.services.auditLog.proveConsistency(older, newer) };
  }

  @Query(() => String, {
    description:
      "A signed address, for five minutes, of a file with these events, newest first; without `before`, those until now.",
  })
  auditExport(
    @Arg("format", () => AuditFormat, { description: "Shape of the file." }) format: Uppercase<ExportFormat>,
    @Ctx() context: Context,
    @Arg("filter", () => AuditFilterInput, { nullable: true, description: "Which." }) filter?: AuditFilterInput | null,
  ): string {
    const { accountId } = activeViewerOf(context);
    const { links, clock } = context.services;
    const asked = wishOf(filter);
    checkAuditWish(asked);
    // What is written from now on, the export itself to begin with, would stand in no page that was looked at before.
    const wish = { before: new Date(clock.date().getTime() + 1), ...asked };
    return links.auditExport(accountId, exportParameters(wish, format.toLowerCase() as ExportFormat), exportSeconds);
  }

  @Mutation(() => Int, {
    description:
      "Erases what the log says of an account beyond that it happened, incidents aside; the chain still holds. Gives the number of events. For administrators.",
  })
  eraseAuditDetails(
    @Arg("accountId", () => ID, { description: "Of whom." }) accountId: string,
    @Ctx() context: Context,
  ): Promise<number> {
    return context.services.auditReader.erase(withRole(context, "ADMIN"), accountId);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The name of the actor: of an account, or of a key and its account. Null for the server.",
  })
  async actorName(@Root() { actor }: AuditEventType, @Ctx() { loaders }: Context): Promise<string | null> {
    return actor === "server" ? null : loaders.names.load(actor);
  }

  @FieldResolver(() => String, { nullable: true, description: "The name of the account concerned." })
  async accountName(@Root() { accountId }: AuditEventType, @Ctx() { loaders }: Context): Promise<string | null> {
    return accountId === null ? null : loaders.names.load(accountId);
  }
}

/** Whoever is suspended still reads what is theirs, and nothing of others. */
function readerOf(context: Context) {
  const viewer = viewerOf(context);
  return hasRole(viewer, "AUDITOR") ? activeViewerOf(context) : viewer;
}

function wishOf(filter: AuditFilterInput | null | undefined): AuditWish {
  return Object.fromEntries(Object.entries(filter ?? {}).filter(([, value]) => value != null));
}
