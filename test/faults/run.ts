import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { casesOf } from './cases.ts'
import { type Habits, learnHabits } from './habits.ts'
import { afterEveryCheck, untilHealthy } from './health.ts'
import { readMatrix, withRow, writeMatrix } from './matrix-file.ts'
import { startMonitoring } from './monitoring.ts'
import { report } from './report.ts'
import { type Row, watchFault } from './row.ts'
import { soak } from './soak.ts'
import { versionsOf } from './versions.ts'
import { startWorld, type World } from './world.ts'

const USAGE = `npm run faults -- [F03 …] [--resume] [--soak 10] [--write]
  F03 …      these faults only; without them all, or with --soak alone none
  --resume   leave out those that were as they should be in an earlier run
  --soak     watch a healthy deployment for so many minutes
  --write    renew docs/fault-matrix.md with all that was seen`

const RESULTS = fileURLToPath(new URL('../../.cache/faults/matrix.json', import.meta.url))
const DOCUMENT = fileURLToPath(new URL('../../docs/fault-matrix.md', import.meta.url))
const LEARN_MS = 30_000

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      resume: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      soak: { type: 'string' },
    },
  })
  const minutes = values.soak === undefined ? 0 : Number(values.soak)
  if (!(minutes >= 0 && minutes <= 120)) throw new Error(USAGE)
  const faults = minutes > 0 && positionals.length === 0 ? [] : casesOf(positionals)
  return { ...values, minutes, faults }
}

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
}

function lineOf({ id, wrong, detectedAfter, resolvedAfter }: Row): string {
  const times = `told after ${detectedAfter ?? '–'} s, over after ${resolvedAfter ?? '–'} s`
  return wrong.length === 0 ? `✓ ${id} ${times}` : `✗ ${id} ${times}\n    ${wrong.join('\n    ')}`
}

async function habitsOf(world: World): Promise<Habits> {
  // What a start brings with it is over.
  await afterEveryCheck(world)
  await using monitoring = await startMonitoring(world)
  await untilHealthy(monitoring)
  return await learnHabits(monitoring.prometheus, LEARN_MS)
}

async function main(): Promise<void> {
  const { faults, resume, write, minutes } = options()
  const before = await readMatrix(RESULTS)
  const done = new Set(before.rows.filter(({ wrong }) => wrong.length === 0).map(({ id }) => id))
  const wanted = faults.filter(({ id }) => !(resume && done.has(id)))
  await using world = await startWorld()
  say('the deployment runs')
  if (minutes > 0) {
    await afterEveryCheck(world)
    const seen = await soak(world, minutes)
    say(`in ${minutes} minutes of health: ${seen.told.length === 0 ? 'nothing' : seen.told.join(', ')}`)
    if (seen.told.length > 0) process.exitCode = 1
    await writeMatrix(RESULTS, { ...(await readMatrix(RESULTS)), soak: seen })
  }
  if (wanted.length > 0) {
    const habits = await habitsOf(world)
    say('its habits are known')
    for (const fault of wanted) {
      const row = await watchFault(world, habits, fault)
      say(lineOf(row))
      // Another run may have written meanwhile.
      await writeMatrix(RESULTS, withRow(await readMatrix(RESULTS), row))
      if (row.wrong.length > 0) process.exitCode = 1
    }
  }
  const machine = `${cpus().length} cores`
  const text = report(await readMatrix(RESULTS), {
    date: new Date().toISOString().slice(0, 10),
    machine,
    versions: await versionsOf(world),
  })
  process.stdout.write(`\n${text}`)
  if (write) await writeFile(DOCUMENT, text)
}

await main()
