import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf } from '../../src/generate/generate.ts'
import { binaryOrSkip } from '../support/binaries.ts'
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts'
import { workerExposition } from './worker-exposition.ts'

const DEADLINE_MS = 40_000

const answer = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          name: z.string(),
          health: z.string(),
          lastError: z.string().optional(),
          lastEvaluation: z.iso.datetime({ offset: true }),
          alerts: z.array(z.object({ annotations: z.record(z.string(), z.string()) })).optional(),
        }),
      ),
    }),
  ),
})

/** A worker's `/metrics` on a loopback port. */
async function scraped(text: string) {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4').end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { target: `127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() }
}

async function rulesOf(prometheus: TestPrometheus) {
  return answer.parse(await prometheus.api('/api/v1/rules')).groups.flatMap(({ rules }) => rules)
}

/** The rules once each was evaluated over what both workers export. */
async function evaluated(prometheus: TestPrometheus) {
  const deadline = Date.now() + DEADLINE_MS
  let since = Number.POSITIVE_INFINITY
  while (Date.now() < deadline) {
    const rules = await rulesOf(prometheus)
    if (rules.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > since + 2_000)) return rules
    const workers = await prometheus.query('count(authwatch_build_info)')
    if (since === Number.POSITIVE_INFINITY && workers[0]?.value === 2) since = Date.now()
    await sleep(200)
  }
  throw new Error(`not every rule was evaluated in ${DEADLINE_MS} ms`)
}

test('a real Prometheus evaluates every rule over the series of two workers, and every text can be made', async ({
  skip,
}) => {
  skip('skip' in (await binaryOrSkip('prometheus')), 'prometheus is missing')
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-rules-'))
  try {
    const texts = Object.entries(filesOf(catalogue)).filter(([path]) => path.endsWith('.rules.yml'))
    const ruleFiles = texts.map(([path]) => join(directory, path.replace('/', '-')))
    for (const [place, [, text]] of texts.entries()) {
      // What may be evaluated, at once, and what would wait, at once.
      const hasty = text.replaceAll(/^( *)(interval|for): .*$/gm, '$1$2: 1s')
      await writeFile(ruleFiles[place]!, hasty)
    }
    const exposition = await workerExposition(Date.now())
    await using a = await scraped(exposition)
    await using b = await scraped(exposition)
    const scrape = [{ job: 'authwatch', targets: [a.target, b.target] }]
    await using prometheus = await startPrometheus({ scrape, ruleFiles })

    const rules = await evaluated(prometheus)
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
    const alerts = rules.flatMap((rule) => rule.alerts ?? [])
    // Everything was measured as 1, which for most checks is a fault.
    expect(alerts.length).toBeGreaterThan(30)
    const texted = alerts.flatMap(({ annotations }) => Object.values(annotations))
    expect(texted.filter((text) => /<error|<no value>|\{\{|%!/.test(text))).toEqual([])
    // Two workers that say the same say it once.
    const twice = await prometheus.query('count by (alertname, severity, target, check) (ALERTS) > 1')
    expect(twice).toEqual([])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}, 90_000)
