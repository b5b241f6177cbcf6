import type { PrismaClient } from './generated/client.ts'
import { toStoredFinding } from './list-findings.ts'
import type { StoredFinding } from './stored-result.ts'

/** Two are enough to see that a name is not one offender's alone. */
const MAX_MATCHES = 2

/** The findings whose `findingId` begins like this; resolved ones too. */
export async function findFindings(db: PrismaClient, prefix: string): Promise<readonly StoredFinding[]> {
  const rows = await db.$queryRaw<Parameters<typeof toStoredFinding>[0][]>`
    select target, check_id as "check", key, detail, first_seen as "firstSeen", last_seen as "lastSeen",
           resolved_at as "resolvedAt", reopened, waived
    from finding
    where starts_with(encode(sha256(convert_to(concat_ws(chr(10), check_id, target, key), 'UTF8')), 'hex'), ${prefix})
    order by resolved_at is not null, last_seen desc
    limit ${MAX_MATCHES}`
  return rows.map(toStoredFinding)
}
