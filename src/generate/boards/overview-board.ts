import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { attackPanels } from './attack-panels.ts'
import { board } from './board.ts'
import { credentialPanels } from './credential-panels.ts'
import { firingTable } from './firing-table.ts'
import { latencyPanels } from './latency-panels.ts'
import { overviewStats } from './overview-stats.ts'
import { populationPanels } from './population-panels.ts'
import { signInPanels } from './sign-in-panels.ts'

/** What users meet, and who attacks them. */
export function overviewBoard(policy: AlertPolicy): Dashboard {
  return board({
    uid: 'authwatch-overview',
    title: 'authwatch / Overview',
    description: 'Can people sign in, and is somebody attacking?',
    runbookUrl: policy.runbookUrl,
    variables: ['job', 'server'],
    sections: [
      { panels: overviewStats(policy) },
      { title: 'Alerts', panels: [firingTable(policy)] },
      { title: 'Sign-ins', panels: signInPanels(policy) },
      { title: 'Attacks', panels: attackPanels(policy) },
      { title: 'How long it takes', panels: latencyPanels() },
      { title: 'API keys, tokens and organizations', panels: credentialPanels(policy) },
      { title: 'Sessions and users', panels: populationPanels() },
    ],
  })
}
