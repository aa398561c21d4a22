import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { importHashList, skippedCount } from "../../journey/list-desk.ts";
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
    const given = { ...rest, ...(ageHoursMax != null && { ageHoursMax }) };
    const act = { actor: accountId, at: clock.date() };
    const { added, removed, skipped } = await importHashList(db, (...list) => hashLists.import(...list), given, act);
    return { name: input.name, added, removed, skipped: skippedCount(skipped) };
  }
}
