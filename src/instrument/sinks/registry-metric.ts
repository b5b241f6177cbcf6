/** What is used of prom-client's `Registry`, so that it need not be imported. */
export interface RegistryLike {
  getSingleMetric(name: string): unknown
  // Asks for a metric of its own classes in its types only.
  registerMetric(metric: never): void
}

export type Labels = Readonly<Record<string, string>>

/** One line of the exposition. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
  /** With the suffix of a histogram's parts. */
  readonly metricName?: string
}

/** A family of series that holds one `Value` for each combination of labels. */
export interface RegistryMetric<Value> {
  /** Of this combination of labels; made when it is asked for the first time. What it holds may be replaced. */
  entryOf(labels: Labels): Entry<Value>
}

export interface MetricDefinition<Value> {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'histogram'
  /** Also what a value is set back to when the registry is reset. */
  zero(): Value
  samples(labels: Labels, value: Value): readonly Sample[]
}

/** What makes a metric in a registry one of ours, whatever copy of this package put it there. */
const VALUES = Symbol.for('authwatch.registry-metric.values')

export interface Entry<Value> {
  readonly labels: Labels
  value: Value
}

/**
 * Puts a metric into a registry, or finds the one that is there already: a registry may serve several servers.
 * @throws TypeError when the registry has another metric of that name
 */
export function openRegistryMetric<Value>(
  registry: RegistryLike,
  definition: MetricDefinition<Value>,
): RegistryMetric<Value> {
  const entries = existing<Value>(registry, definition.name) ?? register(registry, definition)
  return {
    entryOf(labels) {
      const key = Object.values(labels).join(' ')
      const entry = entries.get(key) ?? { labels, value: definition.zero() }
      entries.set(key, entry)
      return entry
    },
  }
}

function existing<Value>(registry: RegistryLike, name: string): Map<string, Entry<Value>> | undefined {
  const metric = registry.getSingleMetric(name)
  if (metric === undefined) return undefined
  const entries = typeof metric === 'object' && metric !== null ? Reflect.get(metric, VALUES) : undefined
  if (!(entries instanceof Map)) throw new TypeError(`The registry has another metric named ${name}.`)
  return entries
}

function register<Value>(
  registry: RegistryLike,
  definition: MetricDefinition<Value>,
): Map<string, Entry<Value>> {
  const { name, help, type, zero, samples } = definition
  const entries = new Map<string, Entry<Value>>()
  const metric = {
    // A registry of OpenMetrics changes it.
    name,
    help,
    type,
    aggregator: 'sum',
    [VALUES]: entries,
    async get() {
      const values = [...entries.values()].flatMap(({ labels, value }) => samples(labels, value))
      return { name: metric.name, help, type, aggregator: 'sum', values }
    },
    reset() {
      for (const entry of entries.values()) entry.value = zero()
    },
  }
  Reflect.apply(registry.registerMetric, registry, [metric])
  return entries
}
