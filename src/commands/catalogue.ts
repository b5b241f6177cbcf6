import type { Check } from '../catalogue/check.ts'
import { checks } from '../checks/index.ts'
import { probes } from '../probes/index.ts'

/** Everything that can be watched: the inside view, then the outside view. */
export const catalogue: readonly Check[] = [...checks, ...probes]
