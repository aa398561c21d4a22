-- CreateTable
CREATE TABLE "Account" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL DEFAULT 'USER',
    "status" TEXT NOT NULL DEFAULT 'ACTIVE',
    "weight" REAL NOT NULL DEFAULT 1,
    "concurrencyMax" INTEGER NOT NULL DEFAULT 16,
    "policy" TEXT NOT NULL DEFAULT 'default',
    "policyVersionAccepted" TEXT,
    "suspendedReason" TEXT,
    "suspendedAt" DATETIME,
    "reinstatedAt" DATETIME,
    "promptInCredentials" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME,
    "revokedAt" DATETIME,
    CONSTRAINT "ApiKey_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Upload" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'WAITING',
    "contentType" TEXT NOT NULL,
    "byteLength" INTEGER NOT NULL,
    "sha256" TEXT,
    "imageId" TEXT,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    CONSTRAINT "Upload_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Image" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "sourceDigest" TEXT NOT NULL,
    "sourceMd5" TEXT,
    "contentType" TEXT NOT NULL,
    "byteLength" INTEGER NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "editId" TEXT,
    "index" INTEGER,
    "pdq" TEXT,
    "pdqQuality" INTEGER,
    "c2paDigest" TEXT,
    "createdAt" DATETIME NOT NULL,
    "deletedAt" DATETIME,
    "blockedAt" DATETIME,
    CONSTRAINT "Image_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Image_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Edit" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "prompt" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "approvedStages" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "eventSeq" INTEGER NOT NULL DEFAULT 0,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "errorRetryable" BOOLEAN,
    "verdict" JSONB,
    "createdAt" DATETIME NOT NULL,
    "queuedAt" DATETIME,
    "startedAt" DATETIME,
    "finishedAt" DATETIME,
    CONSTRAINT "Edit_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "EditEvent" (
    "editId" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "at" DATETIME NOT NULL,

    PRIMARY KEY ("editId", "seq"),
    CONSTRAINT "EditEvent_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "IdempotencyKey" (
    "accountId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "requestDigest" TEXT NOT NULL,
    "editId" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("accountId", "key")
);

-- CreateTable
CREATE TABLE "ModerationOutcome" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "editId" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "filter" TEXT NOT NULL,
    "filterVersion" TEXT NOT NULL,
    "policyVersion" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "categories" JSONB NOT NULL,
    "trouble" TEXT,
    "ms" REAL NOT NULL,
    "createdAt" DATETIME NOT NULL,
    CONSTRAINT "ModerationOutcome_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Strike" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "editId" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Case" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'OPEN',
    "accountId" TEXT NOT NULL,
    "editId" TEXT,
    "imageId" TEXT,
    "stage" TEXT,
    "category" TEXT NOT NULL,
    "statement" TEXT,
    "claimedBy" TEXT,
    "createdAt" DATETIME NOT NULL,
    "decidedAt" DATETIME,
    CONSTRAINT "Case_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "CaseDecision" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "caseId" TEXT NOT NULL,
    "moderatorId" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    CONSTRAINT "CaseDecision_caseId_fkey" FOREIGN KEY ("caseId") REFERENCES "Case" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Incident" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "editId" TEXT,
    "imageId" TEXT,
    "stage" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "filter" TEXT NOT NULL,
    "sealedDigest" TEXT,
    "sha256" TEXT,
    "md5" TEXT,
    "pdq" TEXT,
    "createdAt" DATETIME NOT NULL,
    "preservedUntil" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Provenance" (
    "editId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "imageId" TEXT NOT NULL PRIMARY KEY,
    "recipe" JSONB NOT NULL,
    "pixelsDigest" TEXT NOT NULL,
    "watermarkId" INTEGER,
    "createdAt" DATETIME NOT NULL,
    CONSTRAINT "Provenance_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AuditEvent" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "at" DATETIME NOT NULL,
    "actor" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subjectKind" TEXT NOT NULL,
    "subjectId" TEXT NOT NULL,
    "accountId" TEXT,
    "category" TEXT,
    "details" JSONB,
    "salt" TEXT NOT NULL,
    "detailsDigest" TEXT NOT NULL,
    "position" INTEGER,
    "link" TEXT,
    "subtree" TEXT
);

-- CreateIndex
CREATE UNIQUE INDEX "Account_name_key" ON "Account"("name");

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_digest_key" ON "ApiKey"("digest");

-- CreateIndex
CREATE INDEX "ApiKey_accountId_idx" ON "ApiKey"("accountId");

-- CreateIndex
CREATE INDEX "Upload_accountId_createdAt_id_idx" ON "Upload"("accountId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Upload_expiresAt_idx" ON "Upload"("expiresAt");

-- CreateIndex
CREATE INDEX "Image_accountId_createdAt_id_idx" ON "Image"("accountId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Image_digest_idx" ON "Image"("digest");

-- CreateIndex
CREATE INDEX "Image_c2paDigest_idx" ON "Image"("c2paDigest");

-- CreateIndex
CREATE UNIQUE INDEX "Image_editId_kind_index_key" ON "Image"("editId", "kind", "index");

-- CreateIndex
CREATE INDEX "Edit_accountId_createdAt_id_idx" ON "Edit"("accountId", "createdAt", "id");

-- CreateIndex
CREATE INDEX "Edit_accountId_status_idx" ON "Edit"("accountId", "status");

-- CreateIndex
CREATE INDEX "Edit_status_createdAt_idx" ON "Edit"("status", "createdAt");

-- CreateIndex
CREATE INDEX "ModerationOutcome_editId_idx" ON "ModerationOutcome"("editId");

-- CreateIndex
CREATE INDEX "Strike_accountId_createdAt_idx" ON "Strike"("accountId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "Strike_editId_category_key" ON "Strike"("editId", "category");

-- CreateIndex
CREATE INDEX "Case_status_createdAt_idx" ON "Case"("status", "createdAt");

-- CreateIndex
CREATE INDEX "Case_accountId_idx" ON "Case"("accountId");

-- CreateIndex
CREATE INDEX "Case_editId_idx" ON "Case"("editId");

-- CreateIndex
CREATE INDEX "CaseDecision_caseId_idx" ON "CaseDecision"("caseId");

-- CreateIndex
CREATE INDEX "Incident_createdAt_idx" ON "Incident"("createdAt");

-- CreateIndex
CREATE INDEX "Provenance_editId_index_idx" ON "Provenance"("editId", "index");

-- CreateIndex
CREATE INDEX "Provenance_watermarkId_idx" ON "Provenance"("watermarkId");

-- CreateIndex
CREATE UNIQUE INDEX "AuditEvent_position_key" ON "AuditEvent"("position");

-- CreateIndex
CREATE INDEX "AuditEvent_at_id_idx" ON "AuditEvent"("at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_accountId_at_id_idx" ON "AuditEvent"("accountId", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_accountId_kind_at_id_idx" ON "AuditEvent"("accountId", "kind", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_accountId_category_at_id_idx" ON "AuditEvent"("accountId", "category", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_actor_at_id_idx" ON "AuditEvent"("actor", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_kind_at_id_idx" ON "AuditEvent"("kind", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_subjectId_at_id_idx" ON "AuditEvent"("subjectId", "at", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_category_at_id_idx" ON "AuditEvent"("category", "at", "id");
