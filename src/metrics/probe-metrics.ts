import { Counter, Histogram, Registry } from 'prom-client'
import type { MetricFamily } from './metric-family.ts'
import { registryFamilies } from './registry-families.ts'

/** One step of a probe, as this worker saw it. */
export interface ProbeStep {
  readonly server: string
  readonly probe: string
  readonly step: string
  readonly seconds: number
  /** Null when it went well. */
  readonly reason: string | null
}

export interface ProbeMetrics {
  observe(step: ProbeStep): void
  families(): Promise<readonly MetricFamily[]>
}

/** From a cached answer to the end of a probe's patience; 1 s is where a sign-in is too slow for a person. */
const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What this worker's probes met, step by step. Counters of one worker: Prometheus adds the workers up. */
export function openProbeMetrics(): ProbeMetrics {
  const registry = new Registry()
  const duration = new Histogram({
    name: 'authwatch_probe_duration_seconds',
    help: 'Time a step of a probe took.',
    labelNames: ['server', 'probe', 'step'],
    buckets: BUCKETS,
    registers: [registry],
  })
  const failures = new Counter({
    name: 'authwatch_probe_failures_total',
    help: 'Steps of probes that failed, by reason.',
    labelNames: ['server', 'probe', 'step', 'reason'],
    registers: [registry],
  })
  return {
    observe: ({ server, probe, step, seconds, reason }) => {
      duration.observe({ server, probe, step }, seconds)
      if (reason !== null) failures.inc({ server, probe, step, reason })
    },
    families: () => registryFamilies(registry),
  }
}
