import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import type { Severity } from '../../catalogue/condition.ts'
import { colours, severityColours } from './palette.ts'
import { runbookOfRow } from './runbook.ts'
import { FIRING } from './selectors.ts'
import { tablePanel, words } from './table-panel.ts'

const SINCE = FIRING.replace('ALERTS', 'ALERTS_FOR_STATE').replace('alertstate="firing",', '')

const ofSeverity = (severity: Severity) => FIRING.replace('{', `{severity="${severity}",`)

/** The worst first: a table keeps the order in which it is given its rows. */
const RANKED = `3 * ${ofSeverity('critical')}\nor 2 * ${ofSeverity('warning')}\nor 1 * ${FIRING}`

const severities = words({
  critical: { text: 'critical', colour: severityColours.critical },
  warning: { text: 'warning', colour: severityColours.warning },
  info: { text: 'info', colour: severityColours.info },
})

/** What fires, with the way to its section of the runbook. */
export function firingTable(policy: AlertPolicy): Panel {
  const label = (title: string, name: string) => ({ title, of: { label: name } })
  return tablePanel({
    title: 'Firing alerts by name',
    description:
      'What fires now, the worst first, and for how long it has been true; the name leads to its runbook section.',
    unit: 'none',
    noValue: 'nothing fires',
    width: 24,
    height: 8,
    queries: [
      {
        // PromQL cannot write a name in small letters, as the headings of the runbook are linked: see below.
        expr: `sort_desc(label_replace(\n${RANKED},\n"runbook", "$1", "alertname", "(.+)"))`,
        instant: true,
        format: 'table',
      },
      {
        expr: `(time() - label_replace(${SINCE}, "runbook", "$1", "alertname", "(.+)"))\nand ignoring (alertstate, runbook) ${FIRING}`,
        instant: true,
        format: 'table',
      },
    ],
    transformations: [
      {
        id: 'formatString',
        options: { stringField: 'runbook', outputFormat: 'Lower Case', substringStart: 0, substringEnd: 100 },
      },
    ],
    columns: [
      {
        ...label('Severity', 'severity'),
        mappings: [severities],
        steps: [{ colour: colours.absent }],
        coloured: true,
        width: 90,
      },
      { ...label('Alert', 'alertname'), link: runbookOfRow(policy) },
      { title: 'For', of: { query: 1 }, unit: 's', decimals: 0, width: 110 },
      label('Check', 'check'),
      label('Target', 'target'),
      label('Server', 'server'),
      { ...label('Team', 'team'), width: 90 },
      label('Job', 'job'),
      { ...label('Section', 'runbook'), hidden: true },
    ],
  })
}
