import type { ProbeCheck } from '../../catalogue/probe.ts'
import type { Result, Verdict } from '../../catalogue/result.ts'
import { FLEET } from '../../run/run-probe.ts'
import { palette } from './colours.ts'
import { plainTable } from './plain-table.ts'
import type { Terminal } from './terminal.ts'

/** What one cell says: the sign of the verdict and, of a failure, the first reason. */
function cell(verdict: Verdict | undefined, terminal: Terminal): string {
  const { green, red, yellow, dim } = palette(terminal)
  switch (verdict?.state) {
    case 'pass':
      return green('✓')
    case 'fail': {
      const paint = verdict.severity === 'critical' ? red : yellow
      const [first, ...more] = verdict.findings
      const reason = first === undefined ? verdict.severity : `${first.detail.step}: ${first.detail.reason}`
      return paint(`✗ ${reason}${more.length === 0 ? '' : ` +${more.length}`}`)
    }
    case 'error':
      return red(`? ${verdict.code}`)
    case 'skipped':
      return dim('–')
    default:
      return ''
  }
}

/** A row for each probe, a column for each server; what looks at all servers has a column of its own. */
export function probeMatrix(options: {
  readonly probes: readonly ProbeCheck[]
  readonly servers: readonly string[]
  readonly results: readonly Result[]
  readonly terminal: Terminal
}): string {
  const { probes, servers, results, terminal } = options
  const { bold } = palette(terminal)
  const byPlace = new Map(results.map(({ check, target, verdict }) => [`${check}@${target}`, verdict]))
  const columns = probes.some(({ scope }) => scope === 'fleet') ? [...servers, FLEET] : servers
  const rows = probes.map(({ id }) => [
    id,
    ...columns.map((column) => cell(byPlace.get(`${id}@${column}`), terminal)),
  ])
  return plainTable(
    ['probe', ...columns].map((word) => bold(word)),
    rows,
  )
}

/** Each failure with what it met, and each probe that could not look or was not asked to. */
export function probeRemarks(results: readonly Result[], terminal: Terminal): string {
  const { bold, dim } = palette(terminal)
  const failures = results.flatMap(({ check, target, verdict }) => {
    if (verdict.state === 'error') return [`${bold(`${check} ${target}`)}: ${verdict.message}`]
    if (verdict.state !== 'fail') return []
    const lines = verdict.findings.map(({ key, detail }) => {
      const { step: _step, about: _about, ...rest } = detail
      const facts = Object.entries(rest).map(([name, value]) => `${name}=${value ?? ''}`)
      return `  ${key}  ${dim(facts.join('  '))}`
    })
    return [`${bold(`${check} ${target}`)}: ${verdict.summary}`, ...lines]
  })
  const reasons = results.flatMap(({ check, verdict }) =>
    verdict.state === 'skipped' ? [`${check}: ${verdict.reason}`] : [],
  )
  const skipped = [...new Set(reasons)].map((line) => dim(`– ${line}`))
  return [...failures, ...skipped].join('\n')
}
