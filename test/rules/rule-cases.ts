import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { promtool } from '../support/prometheus.ts'
import { expandTemplate } from './expand-template.ts'

const text = z.string()
const labels = z.record(text, text)

const firing = z.strictObject({
  alert: text,
  severity: z.enum(['critical', 'warning', 'info', 'none']).default('warning'),
  /** Beside those that the rule itself gives. */
  labels: labels.default({}),
  value: z.number(),
  failures: text.optional(),
})

const ruleCase = z.strictObject({
  name: text,
  interval: text.default('1m'),
  input_series: z.array(z.strictObject({ series: text, values: text })),
  /** At each time these alerts fire, and no other of these files. */
  expect: z.array(z.strictObject({ at: text, firing: z.array(firing) })),
  promql_expr_test: z.array(z.unknown()).optional(),
})

/** A file of cases. `rules` are names of rule files; their groups are evaluated in this order. */
export const caseFile = z.strictObject({
  rules: z.array(text),
  evaluation_interval: text.default('1m'),
  tests: z.array(ruleCase),
})
export type CaseFile = z.infer<typeof caseFile>
export type RuleCase = z.infer<typeof ruleCase>
type Firing = z.infer<typeof firing>

const rendered = z.object({
  groups: z.array(
    z.object({
      name: text,
      rules: z.array(
        z.union([
          z.object({
            ...{ alert: text, expr: text, labels, annotations: labels },
            ...{ for: text.optional(), keep_firing_for: text.optional() },
          }),
          z.object({ record: text, expr: text }),
        ]),
      ),
    }),
  ),
})
export type RenderedGroup = z.infer<typeof rendered>['groups'][number]
export type RenderedAlert = Extract<RenderedGroup['rules'][number], { alert: string }>

/** The groups of a rule file's text. */
export function groupsOf(file: string): readonly RenderedGroup[] {
  return rendered.parse(parse(file)).groups
}

export function alertsOf(groups: readonly RenderedGroup[]): readonly RenderedAlert[] {
  return groups.flatMap(({ rules }) => rules.flatMap((rule) => ('alert' in rule ? [rule] : [])))
}

/** Path of a rule file by its name, as in `filesOf`. */
export const rulePath = (name: string): string => `alerts/${name}.rules.yml`

/**
 * Runs cases with promtool. Every alert of the files is asked about at every time, so a case states the whole set of
 * what fires, with labels, value and text. Answers with promtool's complaint, or the empty text.
 */
export async function complaints(cases: CaseFile, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-rules-'))
  try {
    const texts = cases.rules.map((name) => files[rulePath(name)] ?? '')
    const ruleFiles = texts.map((_, place) => join(directory, `${place}.rules.yml`))
    await Promise.all(texts.map((each, place) => writeFile(ruleFiles[place]!, each)))
    const groups = texts.flatMap(groupsOf)
    const test = {
      rule_files: ruleFiles,
      evaluation_interval: cases.evaluation_interval,
      group_eval_order: groups.map(({ name }) => name),
      tests: cases.tests.map((each) => toTest(each, alertsOf(groups))),
    }
    const testFile = join(directory, 'test.yml')
    await writeFile(testFile, stringify(test))
    const { code, output } = await promtool(['test', 'rules', testFile])
    return code === 0 ? '' : `exit ${code}\n${output}`
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function toTest({ expect, ...rest }: RuleCase, alerts: readonly RenderedAlert[]): unknown {
  const names = [...new Set(alerts.map(({ alert }) => alert))]
  for (const { firing } of expect) {
    const unknown = firing.filter(({ alert }) => !names.includes(alert))
    if (unknown.length > 0) throw new Error(`no such alert: ${unknown.map(({ alert }) => alert).join(', ')}`)
  }
  const tests = expect.flatMap(({ at, firing }) =>
    names.map((alertname) => ({
      eval_time: at,
      alertname,
      exp_alerts: firing.filter(({ alert }) => alert === alertname).map((each) => expected(each, alerts)),
    })),
  )
  return { ...rest, alert_rule_test: tests }
}

function expected(
  { alert, severity, labels: own, value, failures }: Firing,
  alerts: readonly RenderedAlert[],
) {
  const rule = alerts.find((each) => each.alert === alert && each.labels.severity === severity)
  if (rule === undefined) throw new Error(`no ${alert} of severity ${severity}`)
  const instance = { labels: own, value, ...(failures === undefined ? {} : { failures }) }
  const annotations = Object.entries(rule.annotations).map(([name, template]) => [
    name,
    expandTemplate(template, instance),
  ])
  return { exp_labels: { ...own, ...rule.labels }, exp_annotations: Object.fromEntries(annotations) }
}
