-- DropIndex
DROP INDEX "AuditEvent_accountId_category_at_id_kind_idx";

-- DropIndex
DROP INDEX "AuditEvent_kind_category_at_id_idx";

-- DropIndex
DROP INDEX "AuditEvent_category_at_id_idx";

-- CreateIndex
CREATE INDEX "AuditEvent_accountId_category_at_id_kind_idx" ON "AuditEvent"("accountId", "category", "at", "id", "kind") WHERE "category" IS NOT NULL;

-- CreateIndex
CREATE INDEX "AuditEvent_kind_category_at_id_idx" ON "AuditEvent"("kind", "category", "at", "id") WHERE "category" IS NOT NULL;

-- CreateIndex
CREATE INDEX "AuditEvent_category_at_id_idx" ON "AuditEvent"("category", "at", "id") WHERE "category" IS NOT NULL;
