import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import type { Check } from '../../catalogue/check.ts'

/** Every board, from the question that a person on call asks first to the last. */
export function boards(_checks: readonly Check[], _policy: AlertPolicy): readonly Dashboard[] {
  return []
}
