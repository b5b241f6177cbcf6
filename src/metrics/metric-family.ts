export type Labels = Readonly<Record<string, string>>

export type HistogramSuffix = '_bucket' | '_sum' | '_count'

export interface MetricSample {
  /** Only samples of a histogram have one; a `_bucket` carries its bound in the label `le`. */
  readonly suffix?: HistogramSuffix
  readonly labels: Labels
  readonly value: number
}

/** One metric with all its series, before it is written in any format. */
export interface MetricFamily {
  /** Whole, with the product's prefix; a counter's ends in `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly samples: readonly MetricSample[]
}

/** The same for equal labels in whichever order, and for no others. */
export function labelKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The same for all samples of one metric: those of a histogram differ in suffix and `le` only. */
export function metricKey({ labels, suffix }: MetricSample): string {
  if (suffix === undefined) return labelKey(labels)
  const { le: _bound, ...own } = labels
  return labelKey(own)
}
