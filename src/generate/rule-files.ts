import { type AlertPolicy, defaultAlertPolicy } from '../catalogue/alert-policy.ts'
import type { Check } from '../catalogue/check.ts'
import { checkRules } from './check-rules.ts'
import { baselineRecordings, eventRecordings } from './event-recordings.ts'
import { eventRules } from './event-rules.ts'
import { probeObjectiveRules, probeRecordings } from './probe-objective.ts'
import { type AlertRule, isAlert, type RecordingRule, type RuleGroup } from './rule.ts'
import { selfRules } from './self-rules.ts'
import { yamlFile } from './yaml-file.ts'

interface RuleFile {
  readonly name: string
  /** What must be known before the file is used; without the mark of a comment. */
  readonly notes: readonly string[]
  readonly groups: readonly RuleGroup[]
}

/** All rules, by file and group, in the catalogue's order. Groups without rules are left out. */
export function ruleFiles(
  checks: readonly Check[],
  policy: AlertPolicy = defaultAlertPolicy,
): readonly RuleFile[] {
  const inside = checks.filter(({ kind }) => kind !== 'probe')
  const outside = checks.filter(({ kind }) => kind === 'probe')
  const files: readonly RuleFile[] = [
    { name: 'checks', notes: [], groups: [{ name: 'authwatch-checks', rules: checkRules(inside) }] },
    {
      name: 'probes',
      notes: [],
      groups: [
        { name: 'authwatch-probes.rules', rules: probeRecordings(checks) },
        { name: 'authwatch-probes', rules: [...checkRules(outside), ...probeObjectiveRules(checks, policy)] },
      ],
    },
    {
      name: 'events',
      notes: ['Looks back three weeks: Prometheus needs --storage.tsdb.retention.time=22d or more.'],
      groups: [
        { name: 'authwatch-events.rules', rules: eventRecordings() },
        // Twice as often as a value is looked back for, so that none is ever missing between two evaluations.
        { name: 'authwatch-events-baseline.rules', interval: '2m', rules: baselineRecordings() },
        { name: 'authwatch-events', rules: eventRules(policy) },
      ],
    },
    { name: 'self', notes: [], groups: [{ name: 'authwatch-self', rules: selfRules(checks, policy) }] },
  ]
  return files.map((file) => ({ ...file, groups: file.groups.filter(({ rules }) => rules.length > 0) }))
}

/** The text of each rule file by its path below the repository's root. */
export function renderRuleFiles(
  checks: readonly Check[],
  policy: AlertPolicy = defaultAlertPolicy,
): Readonly<Record<string, string>> {
  const texts = ruleFiles(checks, policy).map(({ name, notes, groups }) => {
    const head = ['Generated from the catalogue by `npm run generate`; do not edit.', ...notes]
    const body = { groups: groups.map((group) => toGroup(group, policy)) }
    return [`alerts/${name}.rules.yml`, yamlFile(head, body)] as const
  })
  return Object.fromEntries(texts)
}

function toGroup({ name, interval, rules }: RuleGroup, policy: AlertPolicy): unknown {
  return {
    name,
    ...(interval === undefined ? {} : { interval }),
    rules: rules.map((rule) => (isAlert(rule) ? toAlert(rule, policy) : toRecording(rule))),
  }
}

function toRecording({ record, expr }: RecordingRule): unknown {
  return { record, expr }
}

function toAlert(rule: AlertRule, { runbookUrl, grafanaUrl }: AlertPolicy): unknown {
  const { alert, expr, keepFiringFor, severity, team, view, check, summary, description, dashboard } = rule
  return {
    alert,
    expr,
    ...(rule.for === undefined ? {} : { for: rule.for }),
    ...(keepFiringFor === undefined ? {} : { keep_firing_for: keepFiringFor }),
    labels: { severity, team, view, ...(check === undefined ? {} : { check }) },
    annotations: {
      summary,
      description,
      // The heading of a section is the alert's name, which Markdown renderers link by its small letters.
      runbook_url: `${runbookUrl}#${alert.toLowerCase()}`,
      dashboard_url: `${grafanaUrl}/d/${dashboard}`,
    },
  }
}
