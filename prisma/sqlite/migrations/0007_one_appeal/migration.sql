-- Of several appeals of one edit, which two requests at once could open, the first stays its appeal.
UPDATE "Case" SET "editId" = NULL WHERE "kind" = 'APPEAL' AND EXISTS (
  SELECT 1 FROM "Case" AS "first"
  WHERE "first"."kind" = 'APPEAL' AND "first"."editId" = "Case"."editId" AND "first"."id" < "Case"."id"
);

-- CreateIndex
CREATE UNIQUE INDEX "Case_editId_kind_key" ON "Case"("editId", "kind") WHERE "kind" = 'APPEAL';
