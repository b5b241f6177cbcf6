import { type Check, conditionsOf } from '../catalogue/check.ts'
import { howOften } from '../catalogue/look-again.ts'
import { originalText, plainText } from '../catalogue/plain-text.ts'
import type { Config } from '../config/load.ts'
import { findingId } from '../results/finding-id.ts'
import type { StateStore } from '../results/state-store.ts'
import { MAX_WAIVERS, type NewWaiver, type Waiver } from '../results/waiver.ts'
import { checkIdOf } from './findings.ts'
import { minute } from './listed-finding.ts'
import { openStateOf } from './open-state.ts'
import { palette } from './terminal/colours.ts'
import { plainTable } from './terminal/plain-table.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

export interface WaiveOptions {
  /** Beginning of a finding's id; or the offender itself by `check`, `row` and `target`. */
  readonly finding: string | undefined
  readonly check: string | undefined
  readonly row: string | undefined
  readonly target: string | undefined
  readonly reason: string | undefined
  readonly until: Date | undefined
  readonly by: string | undefined
}

/** A decision that outlives its reasons is no decision: what is right for longer is another threshold. */
const LONGEST_DAYS = 366
const MAX_TEXT = 500
const MIN_PREFIX = 4
/** Of a waiver's UUID, as much as tells one from another. */
const SHORT_ID = 8

/** `authwatch waive`: leaves an offender out of its check's numbers for a while. Throws UsageError. */
export async function waive(config: Config, options: WaiveOptions, terminal: Terminal): Promise<void> {
  const decision = decisionOf(options)
  await using state = await openStateOf(config)
  const offender = await offenderOf(config, state.store, options)
  const check = config.checks.find(({ id }) => id === offender.check)
  if (check !== undefined) refuseMeasurements(check)
  const waiver = await state.store.waivers.add({ ...offender, ...decision })
  if (waiver === undefined) throw new UsageError(`there are ${MAX_WAIVERS} waivers already; end some first`)
  const { target, key, until } = waiver
  const where = target ?? 'every target'
  const when = check === undefined ? '' : `, from its next run on (${howOften(check.every)})`
  terminal.out(
    `${short(waiver)}: ${waiver.check} leaves out ${key} on ${where} until ${minute(until)} UTC${when}\n`,
  )
}

function decisionOf({
  reason = '',
  until,
  by = '',
}: WaiveOptions): Pick<NewWaiver, 'reason' | 'until' | 'by'> {
  if (reason.trim() === '') throw new UsageError('say why with --reason')
  if (by.trim() === '') throw new UsageError('say who decided it with --by')
  if (until === undefined) throw new UsageError('say for how long with --until, such as 7d or 2027-01-31')
  const days = (until.getTime() - Date.now()) / 86_400_000
  if (days <= 0) throw new UsageError('--until is over already')
  if (days > LONGEST_DAYS)
    throw new UsageError(`--until may be ${LONGEST_DAYS} days away at most; for longer, change the threshold`)
  return { reason: reason.slice(0, MAX_TEXT), by: by.slice(0, MAX_TEXT), until: until.getTime() }
}

async function offenderOf(
  config: Config,
  store: Pick<StateStore, 'findingsNamed'>,
  { finding, check, row, target }: WaiveOptions,
): Promise<Pick<NewWaiver, 'check' | 'target' | 'key'>> {
  if (finding === undefined) {
    const id = checkIdOf(config, check)
    if (id === undefined || row === undefined)
      throw new UsageError('name a finding (`authwatch findings` shows them), or --check and --row')
    return { check: id, target: target ?? null, key: nameable(plainText(row)) }
  }
  if (check !== undefined || row !== undefined || target !== undefined)
    throw new UsageError('name a finding, or --check, --row and --target, not both')
  if (!/^[0-9a-f]+$/.test(finding) || finding.length < MIN_PREFIX)
    throw new UsageError(
      `a finding is named by ${MIN_PREFIX} or more of the digits that \`authwatch findings\` shows`,
    )
  const [found, ...others] = await store.findingsNamed(finding)
  if (found === undefined) throw new UsageError(`no finding begins with ${finding}`)
  if (others.length > 0) throw new UsageError(`several findings begin with ${finding}; give more digits`)
  return { check: found.check, target: found.target, key: nameable(found.key) }
}

/** Of an id that was cut nobody knows which rows it means. */
function nameable(key: string): string {
  if (originalText(key) !== undefined) return key
  throw new UsageError(
    'the id of this row is too long to be kept whole, so no waiver can be about it; mend the row, or set a threshold',
  )
}

/** What a probe measures, such as days until a certificate expires, belongs to no row that could be left out. */
function refuseMeasurements(check: Check): void {
  if (check.kind !== 'probe') return
  const measured = conditionsOf(check).flatMap(({ when }) => when.map(({ metric }) => metric))
  const other = measured.find((metric) => metric !== 'offenders')
  if (other === undefined) return
  throw new UsageError(
    `${check.id} judges a measurement (${other}), which no waiver can change; set checks.${check.id}.thresholds`,
  )
}

const short = ({ id }: Waiver): string => id.slice(0, SHORT_ID)

/** `authwatch waive --list`: the waivers in force; `all` adds those that are over. */
export async function listWaivers(
  config: Config,
  options: { readonly all: boolean; readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  await using state = await openStateOf(config)
  const now = Date.now()
  const waivers = await state.store.waivers.list({ at: new Date(now), ended: options.all })
  if (options.json) return terminal.out(`${JSON.stringify({ waivers }, null, 2)}\n`)
  if (waivers.length === 0) return terminal.out('no waivers\n')
  const { bold } = palette(terminal)
  const head = ['waiver', 'check', 'target', 'row', 'until (UTC)', 'by', 'reason'].map((word) => bold(word))
  const rows = waivers.map((waiver) => {
    const { check, target, key, until, by, reason, endedAt, endedBy } = waiver
    const over =
      endedAt === null ? (until <= now ? ' (over)' : '') : ` (ended ${minute(endedAt)} by ${endedBy})`
    return [short(waiver), check, target ?? 'all', key, `${minute(until)}${over}`, by, reason]
  })
  terminal.out(`${plainTable(head, rows)}\n`)
}

/** `authwatch waive --end`: by the waiver's own id or that of its finding. Throws UsageError. */
export async function endWaiver(
  config: Config,
  options: { readonly id: string; readonly by: string | undefined },
  terminal: Terminal,
): Promise<void> {
  const { id, by = '' } = options
  if (by.trim() === '') throw new UsageError('say who ends it with --by')
  if (id.length < MIN_PREFIX) throw new UsageError(`give ${MIN_PREFIX} or more of its digits`)
  await using state = await openStateOf(config)
  const waivers = await state.store.waivers.list({ at: new Date() })
  const named = waivers.filter((waiver) => names(waiver).some((name) => name.startsWith(id)))
  const [waiver, ...others] = named
  if (waiver === undefined)
    throw new UsageError(`no waiver in force begins with ${id}; \`authwatch waive --list\``)
  if (others.length > 0) throw new UsageError(`several waivers begin with ${id}; give more digits`)
  await state.store.waivers.end({ id: waiver.id, by })
  terminal.out(`${short(waiver)} ended: ${waiver.check} counts ${waiver.key} again from its next run on\n`)
}

function names({ id, check, target, key }: Waiver): readonly string[] {
  return target === null ? [id] : [id, findingId({ check, target, key })]
}
