import type { Check, Gauge } from '../catalogue/check.ts'
import { groupBy } from '../catalogue/group-by.ts'
import { markdownTable } from './markdown-table.ts'

function labelsOf({ family }: Gauge): string {
  const own = Object.entries(family.labels).map(([name, values]) => `\`${name}\` = ${values.join(', ')}`)
  return own.join('; ')
}

/** The numbers that checks export beside their verdicts. */
export function metricsReference(checks: readonly Check[]): string {
  const gauges = checks.flatMap((check) => {
    if (check.kind === 'inspect') return []
    const place = check.kind === 'probe' ? 'server' : 'target'
    return Object.values(check.gauges ?? {}).map((gauge) => ({ gauge, place, check: check.id }))
  })
  const rows = [...groupBy(gauges, ({ gauge }) => gauge.family.name)]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, group]) => {
      const { gauge, place } = group[0]!
      const sources = [...new Set(group.map(({ check }) => `\`${check}\``))].join(', ')
      const labels = [`\`${place}\``, labelsOf(gauge)].filter((each) => each !== '').join('; ')
      return [`\`authwatch_${name}\``, labels, gauge.family.help, sources]
    })
  return markdownTable(['metric', 'labels', 'meaning', 'from'], rows)
}
