-- AlterTable
ALTER TABLE "Account" ADD COLUMN     "editsPerDayMax" INTEGER,
ADD COLUMN     "storageMegabytesMax" INTEGER;
