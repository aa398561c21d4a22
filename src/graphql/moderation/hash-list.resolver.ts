import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { appendAudit } from "../../store/audit-events.ts";
import { type Context, withRole } from "../context.ts";
import { HashListImportType, HashListType, ImportHashListInput } from "./hash-list.type.ts";

@Resolver()
export class HashListResolver {
  @Query(() => [HashListType], { description: "The lists of known pictures, missing ones too. For moderators." })
  hashLists(@Ctx() context: Context): HashListType[] {
    withRole(context, "MODERATOR");
    const { hashLists, clock } = context.services;
    return hashLists.status(clock.date()).map(({ name, manifest, trouble }) => ({
      name,
      trouble: trouble ?? null,
      category: manifest?.category ?? null,
      importedAt: manifest === undefined ? null : new Date(manifest.importedAt),
    }));
  }

  @Mutation(() => HashListImportType, {
    description: "Brings a list up to date; in force when it answers. For administrators.",
  })
  async importHashList(
    @Arg("input", () => ImportHashListInput, { description: "The list." }) input: ImportHashListInput,
    @Ctx() context: Context,
  ): Promise<HashListImportType> {
    const { accountId } = withRole(context, "ADMIN");
    const { hashLists, db, clock } = context.services;
    const { ageHoursMax, ...rest } = input;
    const at = clock.date();
    const report = await hashLists.import({ ...rest, ...(ageHoursMax != null && { ageHoursMax }) }, at);
    const skipped = Object.values(report.skipped).reduce((sum, count) => sum + count, 0);
    const counts = { added: report.added, removed: report.removed, skipped };
    const about = { subjectKind: "hash-list", subjectId: input.name, category: input.category } as const;
    await appendAudit(db, [{ actor: accountId, kind: "hash-list.imported", ...about, details: counts }], at);
    return { name: input.name, ...counts };
  }
}
