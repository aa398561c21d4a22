-- DropIndex
DROP INDEX "Image_accountId_byteLength_deletedAt_idx";

-- AlterTable
ALTER TABLE "Image" ADD COLUMN "c2paByteLength" INTEGER;

-- CreateIndex
CREATE INDEX "Image_accountId_byteLength_c2paByteLength_deletedAt_idx" ON "Image"("accountId", "byteLength", "c2paByteLength", "deletedAt") WHERE "deletedAt" IS NULL;
