import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { backendPanels } from './backend-panels.ts'
import { board } from './board.ts'
import { deliveryPanels } from './delivery-panels.ts'
import { processPanels } from './process-panels.ts'
import { workerStats } from './worker-stats.ts'

/** The watcher itself, and the way from it to a person. */
export function workerBoard(policy: AlertPolicy): Dashboard {
  return board({
    uid: 'authwatch-worker',
    title: 'authwatch / Worker and queue',
    description: 'Is anybody watching, and would anybody hear of it?',
    runbookUrl: policy.runbookUrl,
    variables: ['job', 'instance'],
    sections: [
      { panels: workerStats(policy) },
      { title: 'Queue and state', panels: backendPanels(policy) },
      { title: 'Rules and notifications', panels: deliveryPanels(policy) },
      { title: 'Process', panels: processPanels() },
    ],
  })
}
