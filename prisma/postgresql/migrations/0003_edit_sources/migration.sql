-- CreateEnum
CREATE TYPE "UploadKind" AS ENUM ('SOURCE', 'MASK', 'VERIFY');

-- AlterTable: the kinds that uploads had are kept
ALTER TABLE "Upload" ALTER COLUMN "kind" TYPE "UploadKind" USING "kind"::text::"UploadKind";

-- CreateTable
CREATE TABLE "EditSource" (
    "imageId" TEXT NOT NULL,
    "editId" TEXT NOT NULL,

    CONSTRAINT "EditSource_pkey" PRIMARY KEY ("imageId","editId")
);

-- AddForeignKey
ALTER TABLE "EditSource" ADD CONSTRAINT "EditSource_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EditSource" ADD CONSTRAINT "EditSource_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What earlier edits were made of; the same picture may have been named twice.
INSERT INTO "EditSource" ("imageId", "editId")
SELECT DISTINCT "Image"."id", "Edit"."id"
FROM "Edit"
CROSS JOIN LATERAL jsonb_array_elements_text("Edit"."request"->'imageIds') AS source("imageId")
JOIN "Image" ON "Image"."id" = source."imageId";
