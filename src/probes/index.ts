import type { ProbeCheck } from '../catalogue/probe.ts'

/** Everything that is watched from outside. A probe that is not listed here does not exist. */
export const probes: readonly ProbeCheck[] = []
