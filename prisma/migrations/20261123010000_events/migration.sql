-- CreateTable
CREATE TABLE "ingest_source" (
    "source" UUID NOT NULL,
    "server" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ingest_source_pkey" PRIMARY KEY ("source")
);

-- CreateTable
CREATE TABLE "auth_event_server" (
    "server" TEXT NOT NULL,
    "dropped" BIGINT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" BIGINT NOT NULL,

    CONSTRAINT "auth_event_server_pkey" PRIMARY KEY ("server")
);

-- CreateTable
CREATE TABLE "auth_event_counter" (
    "server" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "count" BIGINT NOT NULL,
    "revision" BIGINT NOT NULL,

    CONSTRAINT "auth_event_counter_pkey" PRIMARY KEY ("server","operation","outcome","reason")
);

-- CreateTable
CREATE TABLE "auth_event_duration" (
    "server" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "buckets" BIGINT[],
    "sum" DOUBLE PRECISION NOT NULL,
    "revision" BIGINT NOT NULL,

    CONSTRAINT "auth_event_duration_pkey" PRIMARY KEY ("server","operation","outcome")
);

-- CreateTable
CREATE TABLE "auth_event_distinct" (
    "window_start" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "worker" TEXT NOT NULL,
    "registers" BYTEA NOT NULL,
    "revision" BIGINT NOT NULL,

    CONSTRAINT "auth_event_distinct_pkey" PRIMARY KEY ("window_start","kind","worker")
);

-- What Prisma does not model. Counters only grow.
ALTER TABLE "auth_event_server"
    ADD CONSTRAINT "auth_event_server_dropped" CHECK ("dropped" >= 0);

ALTER TABLE "auth_event_counter"
    ADD CONSTRAINT "auth_event_counter_outcome" CHECK ("outcome" IN ('success', 'rejected', 'error')),
    ADD CONSTRAINT "auth_event_counter_count" CHECK ("count" >= 0);

ALTER TABLE "auth_event_duration"
    ADD CONSTRAINT "auth_event_duration_outcome" CHECK ("outcome" IN ('success', 'rejected', 'error')),
    ADD CONSTRAINT "auth_event_duration_sum" CHECK ("sum" >= 0 AND "sum" < 'Infinity'),
    ALTER COLUMN "buckets" SET NOT NULL;

ALTER TABLE "auth_event_distinct"
    ADD CONSTRAINT "auth_event_distinct_kind" CHECK ("kind" IN ('accounts', 'sources'));

-- Each batch rewrites the same few rows: with room on their pages, and no index on what changes, that needs no index work.
ALTER TABLE "ingest_source" SET (fillfactor = 50);
ALTER TABLE "auth_event_server" SET (fillfactor = 50);
ALTER TABLE "auth_event_counter" SET (fillfactor = 50);
ALTER TABLE "auth_event_duration" SET (fillfactor = 50);
