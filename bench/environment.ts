import { availableParallelism, cpus, totalmem } from 'node:os'

/** The day and the machine of a measurement, for its first sentence. */
export function environment(load: number): string {
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor'
  const day = new Date().toISOString().slice(0, 10)
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `Measured ${day} on ${availableParallelism()} cores (${model}), ${gigabytes} GiB, load average ${load.toFixed(1)} at the start; Node ${process.versions.node}`
}
