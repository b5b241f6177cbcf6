import { groupBy } from '../catalogue/group-by.ts'
import type { Labels, MetricFamily, MetricSample } from './metric-family.ts'

/** `text` is Prometheus' text format 0.0.4, `openmetrics` is OpenMetrics 1.0.0. */
export type ExpositionFormat = 'text' | 'openmetrics'

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** What closes an exposition: OpenMetrics takes one without it for cut off. */
export const endings: Readonly<Record<ExpositionFormat, string>> = { text: '', openmetrics: '# EOF\n' }

/** UTF-8 has no form for half a surrogate pair, and an exposition must be UTF-8. */
const HALF_CHARACTER = /\p{Surrogate}/gu
/** Most label values need nothing done, and seeing that is many times faster than doing it. */
const PLAIN = /^[\w .:/-]*$/
const SPECIAL = /[\\\n"]/g

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
  const help = escapeText(first.help, format === 'text' ? /[\\\n]/g : SPECIAL)
  const lines = new Map<string, Line>()
  for (const sample of samples) {
    const line = toLine(sample, name + (sample.suffix ?? total))
    if (!lines.has(line.series)) lines.set(line.series, line)
  }
  const text = [...lines.values()]
    .sort(byMetric)
    .map(({ series, value }) => `${series} ${renderNumber(value)}\n`)
  return `# HELP ${title} ${help}\n# TYPE ${title} ${first.type}\n${text.join('')}`
}

interface Line {
  readonly series: string
  /** The labels that the samples of one histogram share. */
  readonly metric: string
  readonly rank: number
  readonly bound: number
  readonly value: number
}

function toLine({ suffix, labels, value }: MetricSample, name: string): Line {
  const { le = '', ...others } = labels
  const metric = renderLabels(suffix === undefined ? labels : others)
  const bucket = suffix === '_bucket' ? `${metric === '' ? '' : ','}le="${canonicalBound(le)}"` : ''
  const all = metric + bucket
  return {
    series: all === '' ? name : `${name}{${all}}`,
    metric,
    rank: suffix === undefined ? 0 : SUFFIX_ORDER[suffix],
    bound: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
    value,
  }
}

/** The samples of one histogram stay together, its buckets by rising bound: a parser may rely on it. */
function byMetric(a: Line, b: Line): number {
  if (a.metric !== b.metric) return a.metric < b.metric ? -1 : 1
  return a.rank - b.rank || a.bound - b.bound || 0
}

function renderLabels(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}="${labelText(labels[name] ?? '')}"`)
    .join(',')
}

function labelText(value: string): string {
  return PLAIN.test(value) ? value : escapeText(value.replace(HALF_CHARACTER, '\uFFFD'), SPECIAL)
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
