-- CreateTable
CREATE TABLE "Usage" (
    "accountId" TEXT NOT NULL,
    "day" TIMESTAMP(3) NOT NULL,
    "edits" INTEGER NOT NULL DEFAULT 0,
    "pictures" INTEGER NOT NULL DEFAULT 0,
    "succeeded" INTEGER NOT NULL DEFAULT 0,
    "refused" INTEGER NOT NULL DEFAULT 0,
    "held" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "cancelled" INTEGER NOT NULL DEFAULT 0,
    "expired" INTEGER NOT NULL DEFAULT 0,
    "engineMs" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "Usage_pkey" PRIMARY KEY ("accountId","day")
);

-- CreateIndex
CREATE INDEX "Usage_day_idx" ON "Usage"("day");

-- DropIndex
DROP INDEX "AuditEvent_accountId_category_at_id_idx";

-- CreateIndex
CREATE INDEX "AuditEvent_accountId_category_at_id_kind_idx" ON "AuditEvent"("accountId", "category", "at", "id", "kind");

-- CreateIndex
CREATE INDEX "AuditEvent_actor_kind_at_id_idx" ON "AuditEvent"("actor", "kind", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_kind_category_at_id_idx" ON "AuditEvent"("kind", "category", "at", "id");

-- What was edited before anything was counted; the engine's time is not known of it.
INSERT INTO "Usage" ("accountId", "day", "edits", "pictures", "succeeded", "refused", "held", "failed", "cancelled", "expired")
SELECT "accountId", date_trunc('day', "createdAt"), count(*),
  sum((SELECT count(*) FROM "Image" WHERE "Image"."editId" = "Edit"."id" AND "Image"."kind" = 'OUTPUT')),
  count(*) FILTER (WHERE "status" = 'SUCCEEDED'),
  count(*) FILTER (WHERE "status" = 'REFUSED'),
  count(*) FILTER (WHERE "status" = 'IN_REVIEW'),
  count(*) FILTER (WHERE "status" = 'FAILED'),
  count(*) FILTER (WHERE "status" = 'CANCELLED'),
  count(*) FILTER (WHERE "status" = 'EXPIRED')
FROM "Edit" GROUP BY 1, 2;
