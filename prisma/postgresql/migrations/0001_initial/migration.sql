-- CreateEnum
CREATE TYPE "Role" AS ENUM ('USER', 'AUDITOR', 'MODERATOR', 'ADMIN');

-- CreateEnum
CREATE TYPE "AccountStatus" AS ENUM ('ACTIVE', 'SUSPENDED');

-- CreateEnum
CREATE TYPE "EditStatus" AS ENUM ('MODERATING', 'QUEUED', 'RUNNING', 'FINISHING', 'SUCCEEDED', 'REFUSED', 'IN_REVIEW', 'FAILED', 'CANCELLED', 'EXPIRED');

-- CreateEnum
CREATE TYPE "UploadState" AS ENUM ('WAITING', 'RECEIVING', 'READY', 'REJECTED');

-- CreateEnum
CREATE TYPE "ImageKind" AS ENUM ('SOURCE', 'MASK', 'OUTPUT', 'HELD');

-- CreateEnum
CREATE TYPE "Verdict" AS ENUM ('ALLOW', 'REVIEW', 'REFUSE');

-- CreateEnum
CREATE TYPE "CaseKind" AS ENUM ('HOLD', 'APPEAL', 'REPORT');

-- CreateEnum
CREATE TYPE "CaseStatus" AS ENUM ('OPEN', 'CLAIMED', 'ESCALATED', 'APPROVED', 'REJECTED');

-- CreateTable
CREATE TABLE "Account" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" "Role" NOT NULL DEFAULT 'USER',
    "status" "AccountStatus" NOT NULL DEFAULT 'ACTIVE',
    "weight" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "concurrencyMax" INTEGER NOT NULL DEFAULT 16,
    "policy" TEXT NOT NULL DEFAULT 'default',
    "policyVersionAccepted" TEXT,
    "suspendedReason" TEXT,
    "suspendedAt" TIMESTAMP(3),
    "reinstatedAt" TIMESTAMP(3),
    "promptInCredentials" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "expiresAt" TIMESTAMP(3),
    "revokedAt" TIMESTAMP(3),

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Upload" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "kind" "ImageKind" NOT NULL,
    "state" "UploadState" NOT NULL DEFAULT 'WAITING',
    "contentType" TEXT NOT NULL,
    "byteLength" INTEGER NOT NULL,
    "sha256" TEXT,
    "imageId" TEXT,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Upload_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Image" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "kind" "ImageKind" NOT NULL,
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
    "createdAt" TIMESTAMP(3) NOT NULL,
    "deletedAt" TIMESTAMP(3),
    "blockedAt" TIMESTAMP(3),

    CONSTRAINT "Image_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Edit" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "status" "EditStatus" NOT NULL,
    "prompt" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "approvedStages" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "eventSeq" INTEGER NOT NULL DEFAULT 0,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "errorRetryable" BOOLEAN,
    "verdict" JSONB,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "queuedAt" TIMESTAMP(3),
    "startedAt" TIMESTAMP(3),
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "Edit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "EditEvent" (
    "editId" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "EditEvent_pkey" PRIMARY KEY ("editId","seq")
);

-- CreateTable
CREATE TABLE "IdempotencyKey" (
    "accountId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "requestDigest" TEXT NOT NULL,
    "editId" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "IdempotencyKey_pkey" PRIMARY KEY ("accountId","key")
);

-- CreateTable
CREATE TABLE "ModerationOutcome" (
    "id" TEXT NOT NULL,
    "editId" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "filter" TEXT NOT NULL,
    "filterVersion" TEXT NOT NULL,
    "policyVersion" TEXT NOT NULL,
    "verdict" "Verdict" NOT NULL,
    "categories" JSONB NOT NULL,
    "trouble" TEXT,
    "ms" DOUBLE PRECISION NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "ModerationOutcome_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Strike" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "editId" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Strike_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Case" (
    "id" TEXT NOT NULL,
    "kind" "CaseKind" NOT NULL,
    "status" "CaseStatus" NOT NULL DEFAULT 'OPEN',
    "accountId" TEXT NOT NULL,
    "editId" TEXT,
    "imageId" TEXT,
    "stage" TEXT,
    "category" TEXT NOT NULL,
    "statement" TEXT,
    "claimedBy" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "decidedAt" TIMESTAMP(3),

    CONSTRAINT "Case_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "CaseDecision" (
    "id" TEXT NOT NULL,
    "caseId" TEXT NOT NULL,
    "moderatorId" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "CaseDecision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Incident" (
    "id" TEXT NOT NULL,
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
    "createdAt" TIMESTAMP(3) NOT NULL,
    "preservedUntil" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Incident_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Provenance" (
    "editId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "imageId" TEXT NOT NULL,
    "recipe" JSONB NOT NULL,
    "pixelsDigest" TEXT NOT NULL,
    "watermarkId" INTEGER,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Provenance_pkey" PRIMARY KEY ("imageId")
);

-- CreateTable
CREATE TABLE "AuditEvent" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
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
    "subtree" TEXT,

    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("id")
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

-- AddForeignKey
ALTER TABLE "ApiKey" ADD CONSTRAINT "ApiKey_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Upload" ADD CONSTRAINT "Upload_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Image" ADD CONSTRAINT "Image_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Image" ADD CONSTRAINT "Image_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Edit" ADD CONSTRAINT "Edit_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EditEvent" ADD CONSTRAINT "EditEvent_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ModerationOutcome" ADD CONSTRAINT "ModerationOutcome_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Case" ADD CONSTRAINT "Case_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "CaseDecision" ADD CONSTRAINT "CaseDecision_caseId_fkey" FOREIGN KEY ("caseId") REFERENCES "Case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Provenance" ADD CONSTRAINT "Provenance_editId_fkey" FOREIGN KEY ("editId") REFERENCES "Edit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
