import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { type Check, isDatabaseCheck } from '../../catalogue/check.ts'
import { board } from './board.ts'
import { bySubject } from './checks-board.ts'
import { credentialMatrices } from './credential-matrices.ts'
import { probeMatrix } from './probe-matrix.ts'
import { probeServerPanels } from './probe-server-panels.ts'
import { probeStats } from './probe-stats.ts'
import { probeStepPanels } from './probe-step-panels.ts'

/** The application as a client meets it, server by server. */
export function probesBoard(checks: readonly Check[], policy: AlertPolicy): Dashboard {
  const probes = checks.filter((check) => !isDatabaseCheck(check))
  return board({
    uid: 'authwatch-probes',
    title: 'authwatch / Servers and probes',
    description: 'Which server is not as the others, and at which step?',
    runbookUrl: policy.runbookUrl,
    variables: ['job', 'server', 'probe'],
    sections: [
      { panels: probeStats(probes, policy) },
      { title: 'Probe by server', panels: probeMatrix(probes, policy) },
      { title: 'Steps', panels: probeStepPanels(policy) },
      { title: 'Keys, secrets, clocks and credentials', panels: credentialMatrices(policy) },
      { title: 'Server $server', collapsed: true, repeat: 'server', panels: probeServerPanels(policy) },
      ...bySubject(probes, policy),
    ],
  })
}
