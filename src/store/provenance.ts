import type { Recipe } from "../core/recipe.ts";
import type { Database } from "./database.ts";
import { json } from "./edit-row.ts";
import type { Prisma, Provenance as ProvenanceModel } from "./generated/sqlite/client.ts";

export interface NewProvenance {
  /** Which of the edit's pictures, from 0. */
  readonly index: number;
  readonly imageId: string;
  readonly recipe: Recipe;
  /** SHA-256 of the decoded pixels before marks and encoding, in hex. */
  readonly pixelsDigest: string;
  /** 0…2³²−1. */
  readonly watermarkId?: number;
}

/** How a picture was made. */
export type Provenance = Omit<ProvenanceModel, "recipe"> & { readonly recipe: Recipe };

export async function findProvenance(db: Database, imageId: string): Promise<Provenance | undefined> {
  return (await findProvenances(db, [imageId]))[0];
}

/** In no particular order; pictures that were not made here are left out. */
export async function findProvenances(db: Database, imageIds: readonly string[]): Promise<Provenance[]> {
  return (await db.client.provenance.findMany({ where: { imageId: { in: [...imageIds] } } })).map(provenanceOf);
}

/**
 * Ids of the pictures whose watermark says this, the newest first, at most 1,000: the number is a digest of the recipe, so an
 * edit that is sent again with its seed has it again.
 */
export async function findByWatermark(db: Database, watermarkId: number): Promise<string[]> {
  const rows = await db.client.provenance.findMany({
    where: { watermarkId: watermarkId | 0 },
    select: { imageId: true },
    orderBy: [{ createdAt: "desc" }, { imageId: "desc" }],
    take: 1_000,
  });
  return rows.map(({ imageId }) => imageId);
}

export function provenanceRow(editId: string, made: NewProvenance, at: Date): Prisma.ProvenanceCreateManyInput {
  const { recipe, watermarkId, ...rest } = made;
  return {
    ...rest,
    editId,
    recipe: json(recipe),
    // The column is a signed number of 32 bits.
    ...(watermarkId !== undefined && { watermarkId: watermarkId | 0 }),
    createdAt: at,
  };
}

function provenanceOf(row: ProvenanceModel): Provenance {
  const { recipe, watermarkId } = row;
  return {
    ...row,
    recipe: recipe as unknown as Recipe,
    watermarkId: watermarkId === null ? null : watermarkId >>> 0,
  };
}
