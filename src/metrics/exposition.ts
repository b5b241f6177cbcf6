import { groupBy } from '../catalogue/group-by.ts'
import { type Labels, labelKey, type MetricFamily, type MetricSample, metricKey, wellFormed } from './metric-family.ts'

/** `text` is Prometheus' text format 0.0.4, `openmetrics` is OpenMetrics 1.0.0. */
export type ExpositionFormat = 'text' | 'openmetrics'

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** What closes an exposition: OpenMetrics takes one without it for cut off. */
export const endings: Readonly<Record<ExpositionFormat, string>> = { text: '', openmetrics: '# EOF\n' }

const SUFFIX_ORDER = { _bucket: 0, _sum: 1, _count: 2 } as const

/**
 * Families in either format, without the ending, so that parts can be put together. The same families give the same
 * text in whatever order they come: sorted by name and labels. Families of one name become one; of two samples of one
 * series the first counts. A family without samples is left out.
 */
export function renderFamilies(families: readonly MetricFamily[], format: ExpositionFormat): string {
  return [...groupBy(families, familyName)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, same]) => renderFamily(name, same, format))
    .join('')
}

/** As OpenMetrics names it. A counter's suffix belongs to its sample there, and to its name in the text format. */
function familyName({ name, type }: MetricFamily): string {
  return type === 'counter' ? name.replace(/_total$/, '') : name
}

function renderFamily(name: string, same: readonly MetricFamily[], format: ExpositionFormat): string {
  const samples = same.flatMap((family) => family.samples)
  const [first] = same
  if (first === undefined || samples.length === 0) return ''
  const total = first.type === 'counter' ? '_total' : ''
  const title = format === 'text' ? name + total : name
  const help = escapeText(first.help, format === 'text' ? /[\\\n]/g : /[\\\n"]/g)
  const lines = ordered(samples).map(({ suffix, labels, value }) => {
    return `${name}${suffix ?? total}${renderLabels(labels, suffix)} ${renderNumber(value)}\n`
  })
  return `# HELP ${title} ${help}\n# TYPE ${title} ${first.type}\n${lines.join('')}`
}

/** The samples of one histogram stay together, its buckets by rising bound: a parser may rely on it. */
function ordered(samples: readonly MetricSample[]): readonly MetricSample[] {
  const distinct = [...groupBy(samples, seriesKey).values()].flatMap((same) => same.slice(0, 1))
  return [...groupBy(distinct, metricKey)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, metric]) => metric.toSorted(byRank))
}

function seriesKey({ suffix, labels }: MetricSample): string {
  return `${suffix ?? ''}${labelKey(labels)}`
}

function byRank(a: MetricSample, b: MetricSample): number {
  if (a.suffix === undefined || b.suffix === undefined) return 0
  return SUFFIX_ORDER[a.suffix] - SUFFIX_ORDER[b.suffix] || bound(a) - bound(b) || 0
}

function bound({ labels: { le = '' } }: MetricSample): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)
}

function renderLabels(labels: Labels, suffix: MetricSample['suffix']): string {
  const pairs = Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const text = suffix === '_bucket' && name === 'le' ? canonicalBound(value) : value
      return `${name}="${escapeText(wellFormed(text), /[\\\n"]/g)}"`
    })
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/**
 * OpenMetrics wants `1.0`, the text format takes anything. Written so in both: Prometheus 2 keeps the bound as it was
 * spelled, and a rule must not depend on which format was scraped.
 */
function canonicalBound(text: string): string {
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '"': '\\"' }

function escapeText(text: string, characters: RegExp): string {
  return text.replace(characters, (character) => ESCAPES[character] ?? character)
}

function renderNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
