import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from "type-graphql";
import { type AccountStatus, hasRole } from "../../core/account.ts";
import { dayMs } from "../../core/clock.ts";
import { sourceIdsOf } from "../../core/edit.ts";
import { Refused } from "../../core/errors.ts";
import { isId } from "../../core/id.ts";
import type { Category as CategoryName } from "../../core/moderation.ts";
import { checkText } from "../../core/text.ts";
import type { CaseAction as Action } from "../../journey/case-desk.ts";
import { findAccount } from "../../store/accounts.ts";
import { appendAudit } from "../../store/audit-events.ts";
import { isUndecided, type CaseKind as Kind, listCases, type CaseStatus as Status } from "../../store/cases.ts";
import { findImages, findImagesByEdits, type Image } from "../../store/images.ts";
import { countStrikes, findOutcomesByEdits } from "../../store/moderation-outcomes.ts";
import { AccountType } from "../account/account.type.ts";
import { accountOf } from "../account/account-of.ts";
import { connectionOf, connectionType, PageArguments, pageArgs } from "../connection.ts";
import { activeViewerOf, type Context, withRole } from "../context.ts";
import { shownEdit } from "../edit/edit.resolver.ts";
import { EditType } from "../edit/edit.type.ts";
import { CaseAction, CaseKind, CaseStatus, Category } from "../enums.ts";
import {
  AccountHistoryType,
  CaseContentType,
  CaseDecisionType,
  FilterOutcomeType,
  ModerationCaseType,
} from "./moderation.type.ts";

const CaseConnection = connectionType("ModerationCase", ModerationCaseType);

const strikeDays = 30;

/** Width of a picture that is shown blurred: enough to tell a landscape from a person, no more. */
const blurredWidth = 256;

@Resolver(() => ModerationCaseType)
export class ModerationResolver {
  @Query(() => CaseConnection, { description: "What people decide or have decided. For moderators." })
  async moderationCases(
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() context: Context,
    @Arg("status", () => [CaseStatus], { nullable: true, description: "Only these." }) status?: Status[] | null,
    @Arg("kind", () => [CaseKind], { nullable: true, description: "Only these." }) kind?: Kind[] | null,
    @Arg("category", () => Category, { nullable: true, description: "Only this." }) category?: CategoryName | null,
    @Arg("accountId", () => ID, { nullable: true, description: "Only this account's." }) accountId?: string | null,
  ) {
    withRole(context, "MODERATOR");
    const filter = {
      ...(status && { statuses: status }),
      ...(kind && { kinds: kind }),
      ...(category && { category }),
      ...(accountId && { accountId }),
    };
    return connectionOf(await listCases(context.services.db, filter, pageArgs(page)), (found) => found);
  }

  @Query(() => ModerationCaseType, { description: "One of them. For moderators." })
  async moderationCase(
    @Arg("id", () => ID, { description: "Of a case." }) id: string,
    @Ctx() context: Context,
  ): Promise<ModerationCaseType> {
    withRole(context, "MODERATOR");
    return context.services.cases.find(id);
  }

  @Query(() => AccountHistoryType, { nullable: true, description: "What a moderator should know of an account." })
  async accountHistory(
    @Arg("accountId", () => ID, { description: "Of which account." }) accountId: string,
    @Ctx() context: Context,
  ): Promise<AccountHistoryType | null> {
    withRole(context, "MODERATOR");
    const { db, clock } = context.services;
    const account = isId(accountId) ? await findAccount(db, accountId) : null;
    if (account === null) return null;
    const since = new Date(clock.date().getTime() - strikeDays * dayMs);
    const counts = await countStrikes(db, accountId, since);
    return { account, strikes: [...counts].map(([category, count]) => ({ category, count })) };
  }

  @Mutation(() => ModerationCaseType, { description: "Asks for a person to look at a refusal; once." })
  async appealEdit(
    @Arg("id", () => ID, { description: "Of a refused edit of the account." }) id: string,
    @Arg("statement", () => String, { description: "Why it should be made, 1 to 2,000 characters." }) statement: string,
    @Ctx() context: Context,
  ): Promise<ModerationCaseType> {
    return context.services.cases.appeal(activeViewerOf(context), id, statement);
  }

  @Mutation(() => ModerationCaseType, {
    description:
      "Tells the moderators of a picture of the account that should not be. While its last report of it waits to be decided, it is that one, as it was.",
  })
  async reportImage(
    @Arg("id", () => ID, { description: "Of the picture." }) id: string,
    @Arg("category", () => Category, { description: "What it is." }) category: CategoryName,
    @Arg("statement", () => String, { description: "In words, 1 to 2,000 characters." }) statement: string,
    @Ctx() context: Context,
  ): Promise<ModerationCaseType> {
    return context.services.cases.report(activeViewerOf(context), id, category, statement);
  }

  @Mutation(() => ModerationCaseType, { description: "Takes an open case. For moderators." })
  async claimCase(
    @Arg("id", () => ID, { description: "Of a case." }) id: string,
    @Ctx() context: Context,
  ): Promise<ModerationCaseType> {
    return context.services.cases.claim(withRole(context, "MODERATOR"), id);
  }

  @Mutation(() => ModerationCaseType, { description: "Decides a case. For moderators." })
  async resolveCase(
    @Arg("id", () => ID, { description: "Of a case." }) id: string,
    @Arg("action", () => CaseAction, { description: "What." }) action: Action,
    @Arg("reason", () => String, { description: "Why, 1 to 2,000 characters; kept with the case." }) reason: string,
    @Ctx() context: Context,
  ): Promise<ModerationCaseType> {
    return context.services.cases.resolve(withRole(context, "MODERATOR"), id, action, reason);
  }

  @Mutation(() => Boolean, {
    description:
      "Lets a blocked picture, and all with its bytes, be served and edited again; false when it is not blocked. For moderators.",
  })
  async unblockImage(
    @Arg("id", () => ID, { description: "Of the picture." }) id: string,
    @Arg("reason", () => String, { description: "Why, 1 to 2,000 characters; kept in the audit log." }) reason: string,
    @Ctx() context: Context,
  ): Promise<boolean> {
    return context.services.cases.unblock(withRole(context, "MODERATOR"), id, reason);
  }

  @Mutation(() => AccountType, {
    description: "Suspends an account: its edits stop, links die, sockets close. For moderators.",
  })
  suspendAccount(
    @Arg("accountId", () => ID, { description: "Which." }) accountId: string,
    @Arg("reason", () => String, { description: "Why, 1 to 2,000 characters; the account is told." }) reason: string,
    @Ctx() context: Context,
  ): Promise<AccountType> {
    return turn(context, accountId, reason, "SUSPENDED");
  }

  @Mutation(() => AccountType, { description: "Lets a suspended account in again. For moderators." })
  reinstateAccount(
    @Arg("accountId", () => ID, { description: "Which." }) accountId: string,
    @Arg("reason", () => String, { description: "Why, 1 to 2,000 characters; kept in the audit log." }) reason: string,
    @Ctx() context: Context,
  ): Promise<AccountType> {
    return turn(context, accountId, reason, "ACTIVE");
  }

  @Subscription(() => ModerationCaseType, {
    description: "Cases as they are opened, from now on. For moderators.",
    subscribe: ({ context }: { context: Context }) => {
      withRole(context, "MODERATOR");
      return context.services.caseFeed.watch();
    },
  })
  async caseOpened(@Root() caseId: string, @Ctx() context: Context): Promise<ModerationCaseType> {
    return context.services.cases.find(caseId);
  }

  @FieldResolver(() => EditType, { nullable: true, description: "The edit that it is about." })
  async edit(@Root() { editId }: ModerationCaseType, @Ctx() { loaders }: Context): Promise<EditType | null> {
    const edit = editId === null ? undefined : await loaders.edits.load(editId);
    return edit === undefined ? null : shownEdit(edit);
  }

  @FieldResolver(() => AccountType, { description: "Whose it is." })
  async account(@Root() { accountId }: ModerationCaseType, @Ctx() { services }: Context): Promise<AccountType> {
    const account = await findAccount(services.db, accountId);
    if (account === null) throw new Refused("NOT_FOUND", "the account does not exist any more");
    return account;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Account of the moderator who works on it; null for whoever is none.",
  })
  claimedBy(@Root() { claimedBy }: ModerationCaseType, @Ctx() context: Context): string | null {
    return isModerator(context) ? claimedBy : null;
  }

  @FieldResolver(() => [CaseDecisionType], {
    description: "What was decided so far, oldest first; nothing for whoever is no moderator.",
  })
  decisions(@Root() { decisions }: ModerationCaseType, @Ctx() context: Context): readonly CaseDecisionType[] {
    return isModerator(context) ? decisions : [];
  }

  @FieldResolver(() => [FilterOutcomeType], { description: "What the filters said. For moderators." })
  async outcomes(@Root() { editId }: ModerationCaseType, @Ctx() context: Context): Promise<FilterOutcomeType[]> {
    withRole(context, "MODERATOR");
    if (editId === null) return [];
    const found = (await findOutcomesByEdits(context.services.db, [editId])).get(editId) ?? [];
    return found.map((outcome) => ({
      ...outcome,
      categories: [...outcome.categories],
      trouble: outcome.trouble ?? null,
    }));
  }

  @FieldResolver(() => [CaseContentType], {
    description:
      "Its pictures: sources, and a result that is held. For moderators; every look is written to the audit log.",
  })
  async content(
    @Root() shown: ModerationCaseType,
    @Ctx() context: Context,
    @Arg("blurred", () => Boolean, { defaultValue: true, description: "False shows them as they are." })
    blurred: boolean,
  ): Promise<CaseContentType[]> {
    const { accountId } = withRole(context, "MODERATOR");
    const { db, clock, links } = context.services;
    const images = await picturesOf(shown, context);
    const details = { images: images.map(({ id }) => id), blurred };
    await appendAudit(
      db,
      [
        {
          actor: accountId,
          kind: "content.accessed",
          subjectKind: "case",
          subjectId: shown.id,
          accountId: shown.accountId,
          details,
        },
      ],
      clock.date(),
    );
    const variant = blurred ? { variant: { width: blurredWidth, blur: true } } : {};
    return images.map(({ id, kind, deletedAt, blockedAt }) => ({
      imageId: id,
      kind,
      blocked: blockedAt !== null,
      url:
        deletedAt === null || isUndecided(shown.status)
          ? links.image({ imageId: id, accountId, expiresIn: 300, ...variant })
          : null,
    }));
  }
}

function isModerator({ viewer }: Context): boolean {
  return viewer !== undefined && hasRole(viewer, "MODERATOR");
}

async function picturesOf({ editId, imageId }: ModerationCaseType, { services, loaders }: Context): Promise<Image[]> {
  const { db } = services;
  const edit = editId === null ? undefined : await loaders.edits.load(editId);
  const sourceIds = edit ? sourceIdsOf(edit.request) : [];
  const named = await findImages(db, [...sourceIds, ...(imageId === null ? [] : [imageId])]);
  const held = editId === null ? [] : ((await findImagesByEdits(db, [editId], "HELD")).get(editId) ?? []);
  return [...named, ...held];
}

async function turn(context: Context, accountId: string, reason: string, to: AccountStatus): Promise<AccountType> {
  const moderator = withRole(context, "MODERATOR");
  const { db, enforcement } = context.services;
  checkText("reason", reason, 2_000);
  const account = await accountOf(db, accountId);
  if (account.id === moderator.accountId) throw new Refused("FORBIDDEN", "nobody judges their own account");
  const turned =
    to === "SUSPENDED"
      ? await enforcement.suspend(moderator.accountId, account.id, reason)
      : await enforcement.reinstate(moderator.accountId, account.id, reason);
  if (!turned) throw new Refused("BAD_INPUT", `the account is ${account.status} already`);
  return (await findAccount(db, account.id))!;
}
