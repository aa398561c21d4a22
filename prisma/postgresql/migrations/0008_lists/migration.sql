-- DropIndex
DROP INDEX "Edit_accountId_status_idx";

-- DropIndex
DROP INDEX "Case_status_createdAt_idx";

-- DropIndex
DROP INDEX "Case_accountId_idx";

-- CreateIndex
CREATE INDEX "Image_accountId_byteLength_deletedAt_idx" ON "Image"("accountId", "byteLength", "deletedAt") WHERE ("deletedAt" IS NULL);

-- CreateIndex
CREATE INDEX "Edit_accountId_status_createdAt_id_idx" ON "Edit"("accountId", "status", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Case_createdAt_id_idx" ON "Case"("createdAt", "id");

-- CreateIndex
CREATE INDEX "Case_status_createdAt_id_idx" ON "Case"("status", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Case_accountId_createdAt_id_idx" ON "Case"("accountId", "createdAt", "id");
