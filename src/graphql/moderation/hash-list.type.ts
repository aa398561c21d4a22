import { GraphQLDateTimeISO } from "graphql-scalars";
import { Field, InputType, Int, ObjectType } from "type-graphql";
import type { Category as CategoryName } from "../../core/moderation.ts";
import type { ListFormat } from "../../moderation/hash-list/import-list.ts";
import { Category, HashListFormat } from "../enums.ts";

@InputType({ description: "A list of hashes of known pictures, whole or what changed." })
export class ImportHashListInput {
  @Field(() => String, { description: "Its name here: 1 to 64 of a-z, 0-9 and dashes." })
  name!: string;

  @Field(() => Category, { description: "What its pictures are." })
  category!: CategoryName;

  @Field(() => String, { description: "Who gave it, at most 200 characters." })
  source!: string;

  @Field(() => HashListFormat, { description: "The text's shape." })
  format!: ListFormat;

  @Field(() => String, { description: "The list; one too large for a request, of 8 MiB, comes by the command line." })
  text!: string;

  @Field(() => Boolean, { defaultValue: false, description: "Whether the text is the whole list, not what changed." })
  replace!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      "Hours, over 0, after which it is stale, and what it would judge is held; counts where it is less than the policy file's.",
  })
  ageHoursMax?: number | null;
}

@ObjectType("HashList", { description: "A list of known pictures.", simpleResolvers: true })
export class HashListType {
  @Field(() => String, { description: "Its name." })
  name!: string;

  @Field(() => String, { nullable: true, description: "Why pictures are held because of it; null while all is well." })
  trouble!: string | null;

  @Field(() => String, { nullable: true, description: "What its pictures are; null where it is missing." })
  category!: string | null;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: "When it was last imported." })
  importedAt!: Date | null;
}

@ObjectType("HashListImport", { description: "What an import changed.", simpleResolvers: true })
export class HashListImportType {
  @Field(() => String, { description: "The list's name." })
  name!: string;

  @Field(() => Int, { description: "Hashes that it holds now and did not before." })
  added!: number;

  @Field(() => Int, { description: "Hashes that it held before and does not now." })
  removed!: number;

  @Field(() => Int, { description: "Entries that could not be used." })
  skipped!: number;
}
