import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { RECEIVERS } from './alarm.ts'
import type { Row } from './row.ts'

const texts = z.array(z.string())
const alarms = z.partialRecord(z.enum(RECEIVERS), texts)

const row = z.strictObject({
  id: z.string(),
  title: z.string(),
  at: z.iso.datetime(),
  told: alarms,
  inhibited: texts,
  afterwards: alarms,
  detectedAfter: z.number().nullable(),
  toldAfter: z.number().nullable(),
  resolvedAfter: z.number().nullable(),
  findings: texts,
  wrong: texts,
})

const soak = z.strictObject({
  at: z.iso.datetime(),
  minutes: z.number(),
  /** Notifications beside those of the dead man's switch. */
  told: texts,
  scrapes: z.number(),
  runs: z.number(),
  signIns: z.number(),
})

const matrix = z.strictObject({ rows: z.array(row), soak: soak.nullable() })

export type Soak = z.infer<typeof soak>
/** What was seen so far. */
export interface Matrix {
  readonly rows: readonly Row[]
  readonly soak: Soak | null
}

/** What an earlier run left, or nothing. */
export async function readMatrix(path: string): Promise<Matrix> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  return text === undefined ? { rows: [], soak: null } : toMatrix(matrix.parse(JSON.parse(text)))
}

function toMatrix({ rows, soak }: z.infer<typeof matrix>): Matrix {
  // An optional key that is there has a value: JSON knows no other.
  const present = (of: Partial<Record<string, string[]>>) =>
    Object.fromEntries(Object.entries(of).map(([name, list]) => [name, list ?? []]))
  return {
    soak,
    rows: rows.map((each) => ({ ...each, told: present(each.told), afterwards: present(each.afterwards) })),
  }
}

/** Appears with one rename: a run that is ended meanwhile leaves what was there. */
export async function writeMatrix(path: string, { rows, soak }: Matrix): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const sorted = rows.toSorted((a, b) => a.id.localeCompare(b.id))
  await writeFile(`${path}.new`, `${JSON.stringify({ rows: sorted, soak }, null, 1)}\n`)
  await rename(`${path}.new`, path)
}

/** The matrix with one row in place of the one of the same fault. */
export function withRow({ rows, soak }: Matrix, row: Row): Matrix {
  return { soak, rows: [...rows.filter(({ id }) => id !== row.id), row] }
}
