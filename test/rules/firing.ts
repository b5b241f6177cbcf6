import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { alertsOf, groupsOf } from './rule-cases.ts'

/** Every alert of the catalogue as it is written. */
export const alerts = Object.entries(filesOf(catalogue))
  .filter(([path]) => path.endsWith('.rules.yml'))
  .flatMap(([, rules]) => alertsOf(groupsOf(rules)))

/** Labels as the rule gives them, beside where it is. */
export function firing(alertname: string, place: Readonly<Record<string, string>>, severity?: string) {
  const rule = alerts.find(
    ({ alert, labels }) => alert === alertname && (severity ?? labels.severity) === labels.severity,
  )
  if (rule === undefined) throw new Error(`no alert ${alertname} ${severity}`)
  return { labels: { alertname, job: 'authwatch', ...rule.labels, ...place } }
}
