import type { CheckId } from '../catalogue/naming.ts'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { MAX_WAIVERS, type NewWaiver, type Waiver, type WaiverStore } from './waiver.ts'

/** @param call what every call to the database goes through: its deadline and its errors */
export function waiverStore(db: PrismaClient, call: <T>(work: Promise<T>) => Promise<T>): WaiverStore {
  return {
    list: ({ at, ended = false }) => call(listWaivers(db, { at, ended })),
    add: (waiver) => call(addWaiver(db, waiver)),
    end: ({ id, by }) => call(endWaivers(db, { where: { id }, by })),
  }
}

const inForce = (at: Date): Prisma.WaiverWhereInput => ({ endedAt: null, until: { gt: at } })

async function listWaivers(
  db: PrismaClient,
  { at, ended }: { readonly at: Date; readonly ended: boolean },
): Promise<readonly Waiver[]> {
  const rows = await db.waiver.findMany({
    where: ended ? {} : inForce(at),
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    take: MAX_WAIVERS,
  })
  return rows.map(toWaiver)
}

async function addWaiver(db: PrismaClient, waiver: NewWaiver): Promise<Waiver | undefined> {
  const { check, target, key, by, until } = waiver
  if ((await db.waiver.count({ where: inForce(new Date()) })) >= MAX_WAIVERS) return undefined
  await endWaivers(db, { where: { check, target, key }, by })
  return toWaiver(await db.waiver.create({ data: { ...waiver, until: new Date(until) } }))
}

async function endWaivers(
  db: PrismaClient,
  { where, by }: { readonly where: Prisma.WaiverWhereInput; readonly by: string },
): Promise<boolean> {
  const now = new Date()
  const data = { endedAt: now, endedBy: by }
  return (await db.waiver.updateMany({ where: { ...where, ...inForce(now) }, data })).count > 0
}

/** The columns' types say less than what is written to them. */
function toWaiver(row: Prisma.WaiverModel): Waiver {
  const { createdAt, until, endedAt, ...rest } = row
  return {
    ...rest,
    check: row.check as CheckId,
    createdAt: createdAt.getTime(),
    until: until.getTime(),
    endedAt: endedAt?.getTime() ?? null,
  }
}
