-- AlterTable
ALTER TABLE "Account" ADD COLUMN "editsPerDayMax" INTEGER;
