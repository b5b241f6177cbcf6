-- CreateTable
CREATE TABLE "check_result" (
    "target" TEXT NOT NULL,
    "check_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "severity" TEXT,
    "summary" TEXT,
    "code" TEXT,
    "message" TEXT,
    "reason" TEXT,
    "values" JSONB,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "state_since" TIMESTAMPTZ(3) NOT NULL,
    "last_success_at" TIMESTAMPTZ(3),
    "revision" BIGINT NOT NULL,

    CONSTRAINT "check_result_pkey" PRIMARY KEY ("target","check_id")
);

-- CreateTable
CREATE TABLE "check_run_total" (
    "target" TEXT NOT NULL,
    "check_id" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "runs" BIGINT NOT NULL,

    CONSTRAINT "check_run_total_pkey" PRIMARY KEY ("target","check_id","outcome")
);

-- CreateTable
CREATE TABLE "check_run" (
    "target" TEXT NOT NULL,
    "check_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "state" TEXT NOT NULL,
    "offenders" DOUBLE PRECISION,
    "tick" TIMESTAMPTZ(3),
    "worker" TEXT NOT NULL,

    CONSTRAINT "check_run_pkey" PRIMARY KEY ("target","check_id","started_at")
);

-- CreateTable
CREATE TABLE "finding" (
    "target" TEXT NOT NULL,
    "check_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "detail" JSONB NOT NULL,
    "first_seen" TIMESTAMPTZ(3) NOT NULL,
    "last_seen" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),
    "reopened" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "finding_pkey" PRIMARY KEY ("target","check_id","key")
);

-- CreateTable
CREATE TABLE "run_lease" (
    "target" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "tick" TIMESTAMPTZ(3) NOT NULL,
    "worker" TEXT NOT NULL,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "run_lease_pkey" PRIMARY KEY ("target","unit")
);

-- CreateTable
CREATE TABLE "waiver" (
    "id" UUID NOT NULL,
    "check_id" TEXT NOT NULL,
    "target" TEXT,
    "key" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "waived_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "waived_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "waiver_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "check_result_revision_idx" ON "check_result"("revision");

-- CreateIndex
CREATE INDEX "waiver_check_id_key_idx" ON "waiver"("check_id", "key");

-- What Prisma does not model: the states are a closed list, and each has its own columns and no other's.
ALTER TABLE "check_result"
    ADD CONSTRAINT "check_result_state" CHECK ("state" IN ('pass', 'fail', 'error', 'skipped')),
    ADD CONSTRAINT "check_result_measured" CHECK (("values" IS NOT NULL) = ("state" IN ('pass', 'fail'))),
    ADD CONSTRAINT "check_result_fail" CHECK (num_nonnulls("severity", "summary") = CASE "state" WHEN 'fail' THEN 2 ELSE 0 END),
    ADD CONSTRAINT "check_result_error" CHECK (num_nonnulls("code", "message") = CASE "state" WHEN 'error' THEN 2 ELSE 0 END),
    ADD CONSTRAINT "check_result_skipped" CHECK (num_nonnulls("reason") = CASE "state" WHEN 'skipped' THEN 1 ELSE 0 END);

ALTER TABLE "check_run_total"
    ADD CONSTRAINT "check_run_total_outcome" CHECK ("outcome" IN ('pass', 'fail', 'error', 'skipped'));
