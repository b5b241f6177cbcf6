import type { CheckId } from '../catalogue/naming.ts'
import type { Prisma, PrismaClient } from './generated/client.ts'
import type { FindingFilter } from './state-store.ts'
import type { StoredFinding } from './stored-result.ts'

const MAX_FINDINGS = 10_000

/** Last seen first. */
export async function listStoredFindings(
  db: PrismaClient,
  { target, check, since, includeResolved, resolvedSince, limit }: FindingFilter,
): Promise<readonly StoredFinding[]> {
  const where: Prisma.FindingWhereInput = {
    ...(target === undefined ? {} : { target }),
    ...(check === undefined ? {} : { check }),
    ...(since === undefined ? {} : { lastSeen: { gte: since } }),
    ...livesOf({ includeResolved, resolvedSince }),
  }
  const rows = await db.finding.findMany({
    where,
    orderBy: [{ lastSeen: 'desc' }, { target: 'asc' }, { check: 'asc' }, { key: 'asc' }],
    take: Math.min(limit, MAX_FINDINGS),
  })
  return rows.map(toStoredFinding)
}

function livesOf({
  includeResolved,
  resolvedSince,
}: Pick<FindingFilter, 'includeResolved' | 'resolvedSince'>): Prisma.FindingWhereInput {
  if (resolvedSince !== undefined)
    return { OR: [{ resolvedAt: null }, { resolvedAt: { gte: resolvedSince } }] }
  return includeResolved === true ? {} : { resolvedAt: null }
}

/** The columns' types say less than what is written to them. */
export function toStoredFinding(row: Prisma.FindingModel): StoredFinding {
  return {
    check: row.check as CheckId,
    target: row.target,
    key: row.key,
    detail: row.detail as StoredFinding['detail'],
    firstSeen: row.firstSeen.getTime(),
    lastSeen: row.lastSeen.getTime(),
    resolvedAt: row.resolvedAt?.getTime() ?? null,
    reopened: row.reopened,
  }
}
