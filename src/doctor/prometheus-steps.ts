import { z } from 'zod'
import { getJson } from './http-json.ts'
import { failing, passed, type Step, unknown } from './step.ts'

/** Names of the rules that should be loaded, by group. */
export type ExpectedRules = ReadonlyMap<string, readonly string[]>

const rulesAnswer = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        rules: z.array(z.object({ name: z.string(), health: z.string().optional() })),
      }),
    ),
  }),
})
const targetsAnswer = z.object({
  data: z.object({
    activeTargets: z.array(z.object({ labels: z.record(z.string(), z.string()), health: z.string() })),
  }),
})
const alertmanagersAnswer = z.object({ data: z.object({ activeAlertmanagers: z.array(z.unknown()) }) })

const SHOWN = 5

/** Whether a Prometheus scrapes the workers, judges by the rules of this release, and has somebody to tell. */
export async function prometheusSteps(
  url: string,
  { expected, job }: { readonly expected: ExpectedRules; readonly job: string },
): Promise<readonly Step[]> {
  const [rules, targets, alertmanagers] = await Promise.all([
    asked(url, '/api/v1/rules', rulesAnswer),
    asked(url, '/api/v1/targets?state=active', targetsAnswer),
    asked(url, '/api/v1/alertmanagers', alertmanagersAnswer),
  ])
  const blind = (id: string, why: string) => unknown(id, `Prometheus: ${why}`, 'is this its base URL?')
  return [
    'why' in targets
      ? blind('prometheus.scrapes', targets.why)
      : targetsStep(targets.value.data.activeTargets, job),
    'why' in rules ? blind('prometheus.rules', rules.why) : rulesStep(rules.value.data.groups, expected),
    'why' in alertmanagers
      ? blind('prometheus.delivers', alertmanagers.why)
      : deliveryStep(alertmanagers.value.data.activeAlertmanagers.length),
  ]
}

async function asked<T>(
  url: string,
  path: string,
  schema: z.ZodType<T>,
): Promise<{ readonly value: T } | { readonly why: string }> {
  const answer = await getJson(url, path)
  if ('why' in answer) return answer
  const parsed = schema.safeParse(answer.json)
  return parsed.success
    ? { value: parsed.data }
    : { why: `${path} answers something else than Prometheus does` }
}

function targetsStep(
  targets: readonly { readonly labels: Readonly<Record<string, string>>; readonly health: string }[],
  job: string,
): Step {
  const id = 'prometheus.scrapes'
  const own = targets.filter(({ labels }) => labels.job === job)
  const down = own.filter(({ health }) => health === 'down')
  if (own.length === 0)
    return failing(id, 'critical', {
      seen: `it has no target with job="${job}"`,
      advice: 'add the workers to scrape_configs under that name, or set alerts.job',
    })
  if (down.length > 0)
    return failing(id, down.length === own.length ? 'critical' : 'warning', {
      seen: `${down.length} of ${own.length} workers cannot be scraped`,
      advice: 'its page of targets says why',
    })
  return passed(id, `it scrapes ${own.length} ${own.length === 1 ? 'worker' : 'workers'} as job="${job}"`)
}

function rulesStep(
  groups: readonly {
    readonly name: string
    readonly rules: readonly { readonly name: string; readonly health?: string | undefined }[]
  }[],
  expected: ExpectedRules,
): Step {
  const id = 'prometheus.rules'
  const loaded = new Map(groups.map(({ name, rules }) => [name, rules]))
  const missing = [...expected].flatMap(([group, names]) => {
    const there = new Set(loaded.get(group)?.map(({ name }) => name))
    return names.filter((name) => !there.has(name))
  })
  const all = [...expected.values()].flat().length
  const broken = [...expected.keys()].flatMap((group) =>
    (loaded.get(group) ?? []).filter(({ health }) => health === 'err').map(({ name }) => name),
  )
  const listed = (names: readonly string[]) =>
    `${[...new Set(names)].slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''}`
  if (missing.length > 0)
    return failing(id, missing.length === all ? 'critical' : 'warning', {
      seen: `${missing.length} of ${all} rules are not loaded: ${listed(missing)}`,
      advice: 'load alerts/*.rules.yml of this release (rule_files), then reload Prometheus',
    })
  if (broken.length > 0)
    return failing(id, 'warning', {
      seen: `rules that fail when they are evaluated: ${listed(broken)}`,
      advice: 'its page of rules has the error',
    })
  return passed(id, `all ${all} rules are loaded`)
}

function deliveryStep(count: number): Step {
  const id = 'prometheus.delivers'
  if (count > 0) return passed(id, `it delivers to ${count} Alertmanager${count === 1 ? '' : 's'}`)
  return failing(id, 'critical', {
    seen: 'it has no Alertmanager, so alerts reach nobody',
    advice: 'set alerting.alertmanagers in its configuration',
  })
}
