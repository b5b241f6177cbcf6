import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defaultAlertPolicy } from '../../src/catalogue/alert-policy.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { createClient } from '../../src/demo/client.ts'
import { freePort } from '../../src/embedded/free-port.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { startAlertmanager } from '../support/alertmanager.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { type RunningDemo, startDemo } from '../support/demo.ts'
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts'
import { asPromql, panelsOf, readBoards } from './board-files.ts'
import { writePastWeeks } from './past-weeks.ts'

const DEADLINE_MS = 90_000
const { job } = defaultAlertPolicy

/** What has nothing to show of this fleet, whose servers are well; by title and query. */
const EMPTY: Readonly<Record<string, string>> = {
  'Errors by operation and server A': 'no server failed',
  'Accounts tried for each refusal A': 'no more is refused than a week ago',
  'session.active_organization_absent: session_earlier_without_organization_ratio A': 'every session is new',
  'organization.sign_up_hook_broken: established_users_without_organization_ratio A': 'every user is new',
  'Probes that had trouble A': 'no probe had any',
  'Failed steps and why A': 'no step failed',
  'Failed steps by reason A': 'no step failed',
  'Why checks cannot look A': 'every check can',
  'First certificate to expire A': 'the servers speak no TLS',
  'Checks F': 'nobody has waived a finding',
  'Notifications that reach nobody B': 'Alertmanager has notified nobody',
  'tls.expiring: server_certificate_remaining_seconds A': 'the servers speak no TLS',
}

/** What is empty or not by how long the start took. */
const EITHER: Readonly<Record<string, string>> = {
  'session.active_organization_absent: session_new_without_organization_ratio A':
    'sessions may be in their grace at its only look',
}

const boards = await readBoards()
const queries = boards.flatMap((board) =>
  panelsOf(board).flatMap(({ title, targets }) =>
    targets.map(({ expr, refId }) => ({ board: board.uid, name: `${title} ${refId}`, expr })),
  ),
)

/** The rules with neither waits nor pauses: what would fire, fires. */
async function writeRules(directory: string): Promise<readonly string[]> {
  const rules = Object.entries(filesOf(catalogue)).filter(([path]) => path.endsWith('.rules.yml'))
  const paths = rules.map(([path]) => join(directory, path.replace('/', '-')))
  for (const [place, [, text]] of rules.entries()) {
    await writeFile(paths[place]!, text.replaceAll(/^( *)(interval|for): .*$/gm, '$1$2: 1s'))
  }
  return paths
}

type Values = Readonly<Record<string, readonly string[]>>
const names = z.array(z.string())

/** What Grafana offers a reader to choose from. */
async function valuesOf(prometheus: TestPrometheus): Promise<Values> {
  const all = boards.flatMap(({ templating }) => templating.list.filter(({ type }) => type === 'query'))
  const found = all.map(async ({ name, query }) => {
    const text = typeof query === 'string' ? query : query.query
    const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? []
    const match = encodeURIComponent(filled(selector, {}))
    return [
      name,
      names.parse(await prometheus.api(`/api/v1/label/${label}/values?match[]=${match}`)),
    ] as const
  })
  return Object.fromEntries(await Promise.all(found))
}

/** As Grafana fills it in: all of them, or those that a reader chose. */
function filled(expr: string, chosen: Values): string {
  const withTimes = asPromql(expr, { rate: '1m', range: '6h' })
  // `$1` is PromQL's own.
  return withTimes.replaceAll(/\$([a-z]\w*)/g, (_, name: string) => {
    const values = chosen[name]?.map((value) => value.replaceAll(/[.+*?^$()[\]{}|\\]/g, '\\\\$&'))
    return values === undefined ? '.+' : `(${values.join('|')})`
  })
}

/** What shows nothing though it should, or something though it is listed as having nothing to show. */
async function wrongOf(prometheus: TestPrometheus, chosen: Values): Promise<readonly string[]> {
  const asked = queries.map(async ({ board, name, expr }) => {
    const samples = await prometheus.query(filled(expr, chosen))
    if (name in EITHER || (samples.length === 0) === name in EMPTY) return []
    return [`${board} ${name}: ${samples.length === 0 ? 'empty' : JSON.stringify(samples.slice(0, 3))}`]
  })
  return (await Promise.all(asked)).flat()
}

/** People of the demo only sign in and out, and those who signed up did so before the first scrape. */
async function signUp({ said }: RunningDemo): Promise<void> {
  const server = /^crm-a +(\S+)$/m.exec(said())?.[1] ?? ''
  const someone = createClient({ origin: 'https://app.crm.example.com', address: '198.19.1.1' })
  const { status } = await someone.call(`${server}/api/auth/sign-up/email`, {
    json: { email: 'new@acme.example.com', password: randomUUID(), name: 'New' },
    headers: { 'x-tenant-id': 'acme' },
  })
  expect(status).toBe(200)
}

test('every panel shows something of a fleet that is at work, for all that a reader can choose', async ({
  skip,
}) => {
  skip('skip' in (await binaryOrSkip('prometheus')), 'prometheus is missing')
  skip('skip' in (await binaryOrSkip('alertmanager')), 'alertmanager is missing')
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-panels-'))
  try {
    const dataDirectory = join(directory, 'data')
    await mkdir(dataDirectory)
    await writePastWeeks({ dataDirectory, job, now: Date.now() / 1000 })
    const port = await freePort()
    const worker = `127.0.0.1:${port}`
    const config = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n'
    await using alertmanager = await startAlertmanager({ config })
    const scrape = [
      { job, targets: [worker] },
      { job: 'alertmanager', targets: [alertmanager.target] },
    ]
    const ruleFiles = await writeRules(directory)
    const alertmanagers = [alertmanager.target]
    await using prometheus = await startPrometheus({
      scrape,
      ruleFiles,
      alertmanagers,
      dataDirectory,
      scrapeItself: true,
    })

    // It is there first: it takes some seconds to find whom to scrape.
    await using demo = await startDemo({ port })
    await signUp(demo)
    const deadline = Date.now() + DEADLINE_MS
    let wrong = await wrongOf(prometheus, {})
    while (wrong.length > 0 && Date.now() < deadline) {
      await sleep(1_000)
      wrong = await wrongOf(prometheus, {})
    }
    expect(wrong).toEqual([])
    const titles = queries.map(({ name }) => name)
    expect(Object.keys({ ...EMPTY, ...EITHER }).filter((name) => !titles.includes(name))).toEqual([])

    const memory = queries.find(({ name }) => name === 'Memory A')
    const instances = (await prometheus.query(filled(memory!.expr, {}))).map(({ labels }) => labels.instance)
    expect(instances).toEqual([worker])

    const values = await valuesOf(prometheus)
    expect(values).toMatchObject({
      job: [job],
      instance: [worker],
      target: ['crm', 'crm-a', 'crm-b', 'fleet'],
    })
    expect(values.server).toEqual(['crm-a', 'crm-b', 'fleet'])
    expect(values.check).toEqual(catalogue.map(({ id }) => id).toSorted())
    // Everything that can be chosen, by its name: the same as no choice.
    expect(await wrongOf(prometheus, values)).toEqual([])
    const marks = boards.flatMap(({ annotations }) => annotations.list)
    const firing = marks.filter(({ name }) => name === 'Firing alerts')
    expect((await prometheus.query(filled(firing[0]!.expr, values))).length).toBeGreaterThan(0)
    const nobody = { ...values, job: ['another'] }
    const others = queries.filter(
      ({ name }) => !/^(Rules that|Alerts that|Notifications|Dead man)/.test(name),
    )
    const stillThere = others.map(async ({ name, expr }) =>
      /vector\(0\)$/.test(expr) || (await prometheus.query(filled(expr, nobody))).length === 0 ? [] : [name],
    )
    expect((await Promise.all(stillThere)).flat()).toEqual([])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}, 300_000)
