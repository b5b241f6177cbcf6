import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import type { Check } from '../../catalogue/check.ts'
import { checksBoard } from './checks-board.ts'
import { overviewBoard } from './overview-board.ts'
import { probesBoard } from './probes-board.ts'
import { workerBoard } from './worker-board.ts'

/** Every board, from the question that a person on call asks first to the last. */
export function boards(checks: readonly Check[], policy: AlertPolicy): readonly Dashboard[] {
  return [
    overviewBoard(policy),
    checksBoard(checks, policy),
    probesBoard(checks, policy),
    workerBoard(policy),
  ]
}
