interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a worker exports, by the name of the metric. */
export type WorkerMetrics = ReadonlyMap<string, readonly Sample[]>

const LINE = /^([a-z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)/i
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** Reads the text format of `/metrics`. What is no sample is passed over. */
export function readMetrics(text: string): WorkerMetrics {
  const metrics = new Map<string, Sample[]>()
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name === undefined) continue
    const pairs = [...labels.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text] as const)
    const sample = { labels: Object.fromEntries(pairs), value: Number(value) }
    metrics.set(name, [...(metrics.get(name) ?? []), sample])
  }
  return metrics
}
