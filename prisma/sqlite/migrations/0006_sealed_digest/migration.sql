-- CreateIndex
CREATE INDEX "Incident_sealedDigest_idx" ON "Incident"("sealedDigest");
