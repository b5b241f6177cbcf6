import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { type Check, isDatabaseCheck } from '../../catalogue/check.ts'
import { groupBy } from '../../catalogue/group-by.ts'
import { subjectOf } from '../../catalogue/naming.ts'
import { board, type Section } from './board.ts'
import { checkPanels } from './check-panels.ts'
import { checkRunPanels } from './check-run-panels.ts'
import { checkStats } from './check-stats.ts'
import { checkTable } from './check-table.ts'

/** The runbook, looked at by the clock: what is wrong in the database, and what nobody can see. */
export function checksBoard(checks: readonly Check[], policy: AlertPolicy): Dashboard {
  return board({
    uid: 'authwatch-checks',
    title: 'authwatch / Runbook checks',
    description: 'Which check fails or cannot look, since when, and by how much?',
    runbookUrl: policy.runbookUrl,
    variables: ['job', 'target', 'check'],
    sections: [
      { panels: checkStats(policy) },
      { title: 'Every check', panels: checkTable(checks, policy) },
      { title: 'How checks run', panels: checkRunPanels(policy) },
      ...bySubject(checks.filter(isDatabaseCheck), policy),
    ],
  })
}

/** A closed section for each subject, with a panel for each number of its checks. */
export function bySubject(checks: readonly Check[], policy: AlertPolicy): readonly Section[] {
  return [...groupBy(checks, ({ id }) => subjectOf(id))].map(([subject, group]) => ({
    title: `Checks of ${subject}`,
    collapsed: true,
    panels: group.flatMap((check) => checkPanels(check, policy)),
  }))
}
