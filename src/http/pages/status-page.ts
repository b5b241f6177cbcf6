import { html } from 'hono/html'
import { groupBy } from '../../catalogue/group-by.ts'
import { type Gravity, type RowState, type StatusRow, statusRows, worstOf } from '../status-rows.ts'
import { attention } from './attention.ts'
import { checksTable } from './checks-table.ts'
import { eventsTable } from './events-table.ts'
import type { Html } from './html.ts'
import type { PageSources, WorkerView } from './page-sources.ts'
import { probeMatrix } from './probe-matrix.ts'
import { secretAgreement } from './secret-agreement.ts'
import { verdictBadge } from './verdict-badge.ts'
import { workerPanel } from './worker-panel.ts'

/** Everything on one page: the worst first, then each view. */
export function statusPage(
  sources: PageSources,
  notReady: readonly string[],
): { readonly title: string; readonly now: number; readonly main: Html } {
  const snapshot = sources.snapshot()
  const { now } = snapshot
  const rows = statusRows(snapshot)
  const probes = rows.filter(({ check }) => check.kind === 'probe')
  const checks = rows.filter(({ check }) => check.kind !== 'probe')
  const { history, nextRunAt } = sources
  const worker = sources.worker()
  const main = html`${headline(rows)}
${remarks(worker, notReady)}
${attention(rows, now)}
<div class="beside">
${probeMatrix(probes)}
<div class="side">
${secretAgreement(probes)}
${workerPanel({ worker, notReady, now })}
</div>
</div>
${eventsTable(sources.events(), now)}
${checksTable({ rows: checks, history, nextRunAt, now })}`
  return { title: titleOf(rows), now, main }
}

/** What keeps this worker from knowing all that is below. */
function remarks({ status }: WorkerView, notReady: readonly string[]): Html {
  const all = [
    ...(notReady.length === 0 ? [] : [`This worker is not ready: ${notReady.join('; ')}.`]),
    ...(status.stateUp ? [] : ['The state database is lost: what other workers find is not seen here.']),
    ...(status.queueUp ? [] : ['The queue is lost: this worker runs its checks without it.']),
  ]
  return html`${all.map((text) => html`<p class="warning"><strong>${text}</strong></p>`)}`
}

function titleOf(rows: readonly StatusRow[]): string {
  const failing = rows.filter(({ state }) => state === 'fail').length
  return failing === 0 ? 'authwatch' : `(${failing}) authwatch`
}

const SUMMARY: Readonly<Record<RowState, string>> = {
  fail: 'fail',
  error: 'could not look',
  stale: 'have no fresh result',
  waiting: 'have not run yet',
  skipped: 'do not apply',
  pass: 'pass',
}

/** A live region: its words change only when a count does. */
function headline(rows: readonly StatusRow[]): Html {
  const worst = worstOf(rows)
  if (worst === undefined) return html`<h1>No checks are enabled</h1>`
  // That some checks do not apply says nothing against those that pass.
  const gravity = worst === 'skipped' && rows.some(({ state }) => state === 'pass') ? 'pass' : worst
  const counts = [...groupBy(rows, ({ state }) => state)].map(
    ([state, same]) => `${same.length} ${SUMMARY[state]}`,
  )
  return html`<div class="headline" role="status">
<h1>${verdictBadge(gravity)} ${sentence(gravity, rows)}</h1>
<p>${counts.join(' · ')}</p>
</div>`
}

function sentence(gravity: Gravity, rows: readonly StatusRow[]): string {
  if (gravity === 'pass') return 'Everything that was looked at passes'
  if (gravity === 'skipped') return 'Nothing applies here'
  const [{ state } = { state: 'pass' as const }] = rows.filter((row) => row.gravity === gravity)
  const same = rows.filter((row) => row.state === state)
  return `${same.length} of ${rows.length} ${SUMMARY[state]}`
}
