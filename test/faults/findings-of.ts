import { z } from 'zod'
import type { Told } from './receiver.ts'
import type { World } from './world.ts'

const MOST_SHOWN = 2

const rows = z.array(z.object({ check_id: z.string(), key: z.string(), reason: z.string().nullable() }))

/** What the checks found on which the alerts are, as the workers stored it: `check: key`, of each check a few. */
export async function findingsOf({ state }: World, told: readonly Told[]): Promise<readonly string[]> {
  const checks = [...new Set(told.flatMap(({ labels }) => labels.check ?? []))]
  if (checks.length === 0) return []
  const list = checks.map((check) => `'${check}'`).join(', ')
  const sql = `select check_id, key, detail->>'reason' as reason from finding
    where resolved_at is null and check_id in (${list}) order by check_id, key limit 500`
  const found = await state.query('authwatch', sql).catch(() => [])
  const all = rows.parse(found)
  return checks.toSorted().flatMap((check) => {
    const own = all.filter(({ check_id }) => check_id === check)
    if (own.length === 0) return []
    const shown = [...new Set(own.map(({ key, reason }) => (reason === null ? key : `${key}: ${reason}`)))]
    const more = shown.length > MOST_SHOWN ? `, … (${own.length})` : ''
    return [`${check}: ${shown.slice(0, MOST_SHOWN).join(', ')}${more}`]
  })
}
