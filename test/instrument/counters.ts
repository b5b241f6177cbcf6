import type { Registry } from 'prom-client'

/** `operation outcome reason` by its count; those at 0 left out. */
export type Counters = Readonly<Record<string, number>>

export async function countersOf(registry: Registry): Promise<Counters> {
  const metrics = await registry.getMetricsAsJSON()
  const found = metrics.find(({ name }) => name === 'authwatch_auth_events_total')
  const entries = (found?.values ?? [])
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => [`${labels.operation} ${labels.outcome} ${labels.reason}`, value] as const)
  return Object.fromEntries(entries)
}

/** What was counted while the work was done. */
export async function countedBy(
  counting: { readonly registry: Registry; readonly flush: () => Promise<boolean> },
  work: () => Promise<unknown>,
): Promise<Counters> {
  // What went before may still be read.
  await counting.flush()
  const before = await countersOf(counting.registry)
  await work()
  await counting.flush()
  const after = await countersOf(counting.registry)
  const entries = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== 0))
}

/** How many events have a duration. */
export async function measuredEvents(registry: Registry): Promise<number> {
  const metrics = await registry.getMetricsAsJSON()
  const samples: readonly { readonly value: number; readonly metricName?: string }[] =
    metrics.find(({ name }) => name === 'authwatch_auth_duration_seconds')?.values ?? []
  const counts = samples.filter(({ metricName }) => metricName === 'authwatch_auth_duration_seconds_count')
  return counts.reduce((sum, { value }) => sum + value, 0)
}
