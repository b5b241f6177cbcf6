import { type Check, type DatabaseCheck, isDatabaseCheck } from '../catalogue/check.ts'
import { runbookAnchor } from '../catalogue/naming.ts'
import type { DatabaseConfig } from '../config/databases.ts'
import type { Config } from '../config/load.ts'
import { NotHere } from '../database/scope.ts'
import { applyRepair, countRows } from '../fix/apply-repair.ts'
import { FixError } from '../fix/fix-error.ts'
import { plainSql } from '../fix/plain-sql.ts'
import { type Repair, repairOf } from '../fix/repair.ts'
import { type DatabaseIdentity, identify, mustBeSame } from '../fix/same-database.ts'
import { OPENING, openWriter } from '../fix/writer.ts'
import { openTargets } from '../run/open-target.ts'
import { targetOptions } from './target-options.ts'
import { palette } from './terminal/colours.ts'
import { exitCodes, type Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'
import { waivedRows } from './waived-rows.ts'

export interface FixOptions {
  readonly id: string
  readonly database: string | undefined
  readonly apply: boolean
  readonly yes: boolean
  /** Rows of one batch. */
  readonly batch: number
  readonly ignoreWaivers: boolean
}

const TIMEOUT_MS = 10_000
const grouped = new Intl.NumberFormat('en-US')
const rowsText = (count: number): string => `${grouped.format(count)} ${count === 1 ? 'row' : 'rows'}`

/** A fix as this database needs it, and what is known of the rows it is about. */
interface Prepared {
  readonly check: DatabaseCheck
  readonly repair: Repair
  /** Undefined when the watching role may not count them. */
  readonly count: number | undefined
  readonly asOf: Date
  readonly waived: number
  readonly identity: DatabaseIdentity
}

/** `authwatch fix`: prints the change that mends a check, and with `apply` makes it. Resolves with the exit code. */
export async function fix(config: Config, options: FixOptions, terminal: Terminal): Promise<number> {
  const check = checkOf(config, options.id)
  const database = databaseOf(config, options.database)
  const waived = options.ignoreWaivers
    ? []
    : await waivedRows(config, { check: check.id, target: database.name })
  if (waived === undefined && options.apply)
    throw new FixError(
      'the fix was not applied: which rows are waived is not known (--ignore-waivers goes on)',
    )
  const prepared = await prepare(config, { check, database, waived: waived ?? [] })
  if (prepared === undefined) {
    terminal.out(decisionText(check))
    if (options.apply) throw new UsageError(`${check.id} has no fix that could be applied`)
    return exitCodes.pass
  }
  if (waived === undefined)
    terminal.err('authwatch: the state database is away; waived rows are not left out\n')
  if (options.apply) return await apply(prepared, { ...options, database, terminal })
  terminal.out(sqlText(prepared, options.batch))
  return exitCodes.pass
}

function checkOf({ checks }: Config, id: string): Check {
  const check = checks.find((each) => each.id === id)
  if (check !== undefined) return check
  throw new UsageError(`no such check is on: ${id}; \`authwatch list\` shows all there are`)
}

function databaseOf({ databases }: Config, name: string | undefined): DatabaseConfig {
  const [database, ...others] = databases.filter((each) => name === undefined || each.name === name)
  if (database === undefined) throw new UsageError(`no database is named ${name}`)
  if (others.length > 0)
    throw new UsageError(
      `several databases are configured; name one: ${databases.map((each) => each.name).join(', ')}`,
    )
  return database
}

/** Looks with the watching role only. Undefined when no change is right for every row. */
async function prepare(
  config: Config,
  options: { readonly check: Check; readonly database: DatabaseConfig; readonly waived: readonly string[] },
): Promise<Prepared | undefined> {
  const { check, database, waived } = options
  if (!isDatabaseCheck(check)) return undefined
  const all = targetOptions(config, Date.now)
  await using targets = openTargets(all.filter(({ name }) => name === database.name))
  const [target] = targets
  const found = await target!.database.transaction(TIMEOUT_MS, async (reader) => {
    const names = await target!.names(reader)
    const canaries = await target!.canaries(reader, names)
    const made = notHere(() =>
      repairOf(check, { names, canaries, waived, asOf: reader.now, policy: config.policy }),
    )
    if (made instanceof NotHere || made === undefined) return made
    const rows = await reader.attempt(made.count)
    const count = rows === undefined ? undefined : Number(rows[0]?.rows)
    const identity = await identify(reader)
    return { check, repair: made, count, asOf: reader.now, waived: waived.length, identity }
  })
  // Thrown inside the transaction it would count as an error of the database.
  if (found instanceof NotHere) throw new UsageError(`${check.id} does not apply here: ${found.message}`)
  return found
}

function notHere<T>(work: () => T): T | NotHere {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof NotHere) return cause
    throw cause
  }
}

const runbook = ({ id }: Check): string => `alerts/README.md#${runbookAnchor(id)}`

function decisionText(check: Check): string {
  const { fix: given } = check
  const decide =
    given !== undefined && 'decide' in given ? given.decide : 'What mends it depends on the cause.'
  return `${check.id}: no change is right for every row.\n${decide}\n${runbook(check)}\n`
}

function sqlText({ check, repair, count, asOf, waived }: Prepared, batch: number): string {
  const word = repair.fix.action === 'delete' ? 'DELETE' : 'UPDATE'
  const known = count === undefined ? 'the watching role may not count the rows' : rowsText(count)
  const now = count === undefined ? '' : ` (now ${Math.ceil(count / batch)} of them)`
  const comments = [
    `${check.id}: ${check.title}`,
    `${repair.table}: ${known} as of ${asOf.toISOString()}${waived === 0 ? '' : `, and ${waived} waived, left alone`}.`,
    repair.fix.effect,
    `In batches of ${rowsText(batch)}${now}: run it until it says ${word} 0. Rows that offend later are not touched.`,
    runbook(check),
  ]
  const statements = [...OPENING, plainSql(repair.statement(batch)), 'commit']
  return `${comments.map((line) => `-- ${line}`).join('\n')}\n${statements.map((each) => `${each};`).join('\n')}\n`
}

interface Applying extends Omit<FixOptions, 'database'> {
  readonly database: DatabaseConfig
  readonly terminal: Terminal
}

async function apply({ check, repair, identity }: Prepared, options: Applying): Promise<number> {
  const { database, terminal, batch, yes } = options
  if (database.fixUrl === null)
    throw new UsageError(
      'no URL to write through: set FIX_DATABASE_URL, or name its variable with databases[].fixUrlEnv',
    )
  if (!yes && !terminal.interactive) throw new UsageError('--apply asks first; without a terminal, say --yes')
  await using writer = await openWriter(database.fixUrl)
  await mustBeSame(identity, writer)
  const atMost = await countRows(repair, writer)
  const verb = repair.fix.action === 'delete' ? 'deleted from' : 'changed in'
  terminal.err(
    `${rowsText(atMost)} will be ${verb} ${repair.table} of ${database.name}.\n${repair.fix.effect}\n`,
  )
  if (atMost === 0) return exitCodes.pass
  if (!yes && (await terminal.ask('Apply it? Type yes: ')).trim().toLowerCase() !== 'yes') {
    terminal.err('nothing was changed\n')
    return exitCodes.warning
  }
  const { stop } = terminal
  const onBatch = (done: number) => {
    if (terminal.interactive) terminal.err(`\r\x1b[2K${grouped.format(done)} of ${rowsText(atMost)}`)
  }
  const changed = await applyRepair({ repair, writer, size: batch, atMost, stop, onBatch })
  if (terminal.interactive) terminal.err('\r\x1b[2K')
  const left = await countRows(repair, writer)
  const { green, yellow } = palette(terminal)
  const mark = left === 0 ? green('✓') : yellow('✗')
  terminal.out(`${mark} ${rowsText(changed)} ${verb} ${repair.table}; ${rowsText(left)} left (${check.id})\n`)
  return left === 0 ? exitCodes.pass : exitCodes.warning
}
