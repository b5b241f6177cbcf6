import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client'
import type { HistogramSuffix, Labels, MetricFamily, MetricSample } from './metric-family.ts'

/** What a prom-client registry holds, in the form that everything here is rendered from. Reads this process only. */
export async function registryFamilies(registry: Registry): Promise<readonly MetricFamily[]> {
  return (await registry.getMetricsAsJSON()).map(toFamily)
}

function toFamily(metric: MetricObjectWithValues<MetricValue<string>>): MetricFamily {
  const { name, help, values } = metric
  const type = typeOf(String(metric.type))
  // Statistics of nothing, such as the mean of no delays, are not a number.
  return {
    name,
    help,
    type,
    samples: values.map((value) => toSample(value, name)).filter(({ value }) => !Number.isNaN(value)),
  }
}

/** The declared type is a numeric enum; what comes is its name in small letters. */
function typeOf(name: string): MetricFamily['type'] {
  if (name === 'counter' || name === 'gauge' || name === 'histogram') return name
  throw new TypeError(`prom-client gave a metric of type ${name}`)
}

const SUFFIXES: readonly HistogramSuffix[] = ['_bucket', '_sum', '_count']

function toSample(sample: MetricValue<string> & { metricName?: string }, family: string): MetricSample {
  const labels: Labels = Object.fromEntries(
    Object.entries(sample.labels).map(([name, value]) => [name, String(value)]),
  )
  const suffix = SUFFIXES.find((end) => sample.metricName === family + end)
  return { ...(suffix === undefined ? {} : { suffix }), labels, value: sample.value }
}
