-- AlterTable
ALTER TABLE "finding" ADD COLUMN     "waived" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "waiver" ADD COLUMN     "ended_at" TIMESTAMPTZ(3),
ADD COLUMN     "ended_by" TEXT;
