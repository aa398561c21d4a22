-- CreateTable
CREATE TABLE "EditSource" (
    "imageId" TEXT NOT NULL,
    "editId" TEXT NOT NULL,

    PRIMARY KEY ("imageId", "editId"),
    CONSTRAINT "EditSource_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "EditSource_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- What earlier edits were made of; the same picture may have been named twice.
INSERT INTO "EditSource" ("imageId", "editId")
SELECT DISTINCT "Image"."id", "Edit"."id"
FROM "Edit"
CROSS JOIN json_each("Edit"."request", '$.imageIds') AS source
JOIN "Image" ON "Image"."id" = source."value";
