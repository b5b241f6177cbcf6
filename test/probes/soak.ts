import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { probes } from '../../src/probes/index.ts'
import { type Soaked, soakRounds } from './soak-rounds.ts'
import { startWatchedDemo } from './watched-demo.ts'

const USAGE = `tsx test/probes/soak.ts [--rounds 200] [--paced 10] [--minutes 6]
  --rounds   rounds of all probes without a pause, on a healthy fleet whose limit on sign-ins is off
  --paced    rounds after that with the limit on, as in production, 12 s apart: faster would reach it
  --minutes  when no round is begun any more`

/** better-auth forgets an address's sign-ins after ten seconds without one; a round has as many as it allows. */
const PACE_MS = 12_000

interface Options {
  readonly rounds: number
  readonly paced: number
  readonly minutes: number
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '200' },
      paced: { type: 'string', default: '10' },
      minutes: { type: 'string', default: '6' },
    },
  })
  const [rounds, paced, minutes] = [Number(values.rounds), Number(values.paced), Number(values.minutes)]
  const isCount = (count: number) => Number.isInteger(count) && count >= 0
  if (!isCount(rounds) || !isCount(paced) || !(minutes > 0 && minutes <= 60)) throw new Error(USAGE)
  return { rounds, paced, minutes }
}

function report(name: string, { rounds, states, blemishes, milliseconds }: Soaked): string {
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`)
  const seconds = (milliseconds / 1_000).toFixed(1)
  return [`${name}: ${rounds} rounds in ${seconds} s; runs: ${counts.join(', ')}`, ...blemishes, ''].join(
    '\n',
  )
}

async function countSessions(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: number }>('select count(*)::int from session')
    return rows[0]?.count ?? 0
  } finally {
    await client.end()
  }
}

async function main(): Promise<void> {
  const { rounds, paced, minutes } = options()
  const until = Date.now() + minutes * 60_000
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-soak-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(folder, 0o755)
  try {
    await using postgres = await startEmbeddedPostgres({
      dataDirectory: join(folder, 'postgres'),
      removeOnStop: true,
    })
    await postgres.createDatabase('crm')
    const databaseUrl = postgres.url('crm')
    await using crm = await startWatchedDemo({ databaseUrl, overrides: { rateLimit: false } })
    const before = await countSessions(databaseUrl)
    const quick = await soakRounds({ probes, fleet: crm.watched, rounds, until })
    process.stdout.write(report('without the limit on sign-ins', quick))
    const { fleet } = crm.demo
    for (const { name } of fleet.servers) await fleet.restart(name, { rateLimit: true })
    const slow = await soakRounds({ probes, fleet: crm.watched, rounds: paced, pauseMs: PACE_MS, until })
    process.stdout.write(report('with the limit on sign-ins', slow))
    const left = (await countSessions(databaseUrl)) - before
    process.stdout.write(`sessions left behind: ${left}\n`)
    const isClean = [quick, slow].every(({ states, runs }) => states.pass === runs) && left === 0
    if (!isClean || quick.rounds < rounds || slow.rounds < paced) process.exitCode = 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
