-- AlterTable
ALTER TABLE "Account" ADD COLUMN "editsPerDayMax" INTEGER;
ALTER TABLE "Account" ADD COLUMN "storageMegabytesMax" INTEGER;
