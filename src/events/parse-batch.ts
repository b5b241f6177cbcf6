import { z } from 'zod'
import { BATCH_VERSION, type Batch, SERVER_NAME } from './batch.ts'
import { MAX_RANK, SKETCH_REGISTERS } from './distinct-estimate.ts'
import { IngestRefusal } from './ingest-refusal.ts'
import { reasonsOf } from './series.ts'
import { durationBuckets, operations, outcomes, reasons } from './vocabulary.ts'

/** More than twice as many as there are series of one server. */
export const MAX_ENTRIES = 2_000
/** Of one number in a batch. Far above any truth, and far below where sums of it would lose units. */
export const MAX_NUMBER = 2 ** 40

const events = z.int().min(0).max(MAX_NUMBER)

/** By hand: there are ten in each entry, and a schema for each number would take most of the time. */
const buckets = z.custom<readonly number[]>(
  (value) =>
    Array.isArray(value) &&
    (value.length === 0 || value.length === durationBuckets.length + 1) &&
    value.every((each) => Number.isSafeInteger(each) && each >= 0 && each <= MAX_NUMBER),
  'not a whole number for each bucket',
)

const count = z
  .strictObject({
    operation: z.enum(operations),
    outcome: z.enum(outcomes),
    reason: z.enum(reasons),
    count: events,
    buckets,
    sum: z.number().min(0).max(MAX_NUMBER),
  })
  .refine(({ operation, outcome, reason }) => reasonsOf(operation, outcome).includes(reason), {
    path: ['reason'],
    error: 'none of this operation and outcome',
  })
  .refine((each) => each.buckets.reduce((sum, n) => sum + n, 0) <= each.count, {
    path: ['buckets'],
    error: 'more events than were counted',
  })
  .refine((each) => each.sum === 0 || each.buckets.some((n) => n > 0), {
    path: ['sum'],
    error: 'seconds of no event',
  })

const sketch = z
  .base64()
  .length(4 * Math.ceil(SKETCH_REGISTERS / 3))
  .refine((text) => Buffer.from(text, 'base64').every((rank) => rank <= MAX_RANK), 'no registers')

const batch = z.strictObject({
  version: z.literal(BATCH_VERSION),
  server: z.string().regex(SERVER_NAME),
  source: z.uuid(),
  epoch: z.int().min(0),
  sequence: z.int().min(1),
  counts: z.array(count).max(MAX_ENTRIES),
  dropped: events,
  accounts: sketch.exactOptional(),
  sources: sketch.exactOptional(),
})

/**
 * Believes nothing: labels are from the vocabulary and go together, numbers are whole and bounded, and nothing is there
 * that is not expected. One fault refuses the whole batch.
 * @throws {IngestRefusal} whose message says where the fault is, and nothing of what was sent
 */
export function parseBatch(value: unknown): Batch {
  const parsed = batch.safeParse(value)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  throw new IngestRefusal(400, `not a batch: ${first === undefined ? 'unknown' : describe(first)}`)
}

/** Zod's own message may quote a key that the client made up. */
function describe({ path, code, message }: z.core.$ZodIssue): string {
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  const where = place === '' ? 'the whole' : place.replace(/^\./, '')
  return `${where}: ${code === 'custom' ? message : code.replaceAll('_', ' ')}`
}
