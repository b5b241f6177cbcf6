import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { defaultAlertPolicy } from '../../src/catalogue/alert-policy.ts'
import { overrideChecks } from '../../src/catalogue/override.ts'
import { catalogue } from '../../src/commands/catalogue.ts'
import { filesOf, generate } from '../../src/generate/generate.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = Object.entries(filesOf(catalogue))

test.each(files)('%s in the repository is what the catalogue gives, to the byte', async (path, text) => {
  expect(await readFile(join(root, path), 'utf8')).toBe(text)
})

test('the same catalogue gives the same bytes, and says that it is generated', () => {
  expect(filesOf([...catalogue])).toEqual(Object.fromEntries(files))
  for (const [, text] of files) expect(text).toMatch(/^# Generated from the catalogue .* do not edit/)
})

test('what was generated is generated again without a change, and a change is undone', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'authwatch-generate-'))
  try {
    for (const path of ['README.md', 'docs/reference.md', 'alerts/README.md'])
      await cp(join(root, path), join(copy, path))
    const options = {
      checks: catalogue,
      policy: defaultAlertPolicy,
      folder: copy,
      documents: 'sections',
    } as const
    const first = await generate(options)
    expect(first).toEqual(expect.arrayContaining(files.map(([path]) => path)))
    expect(await generate(options)).toEqual([])
    await cp(join(root, 'README.md'), join(copy, 'alerts/self.rules.yml'))
    expect(await generate(options)).toEqual(['alerts/self.rules.yml'])
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
})

test('thresholds, objectives, runbook and checks are those of the deployment', () => {
  const { checks } = overrideChecks(catalogue, {
    'session.expired_backlog': { enabled: true, thresholds: { offenders: 123_456 } },
    'server.not_answering': { enabled: false },
  })
  const links = { runbookUrl: 'https://wiki.example/auth', grafanaUrl: 'https://grafana.example' }
  const own = filesOf(checks, { ...defaultAlertPolicy, ...links, job: 'watchers', signInErrorBudget: 0.001 })
  expect(own['alerts/checks.rules.yml']).toContain('> 123456')
  expect(own['alerts/checks.rules.yml']).toContain('runbook_url: https://wiki.example/auth#authwatch')
  expect(own['alerts/checks.rules.yml']).not.toContain('github.com')
  expect(own['alerts/checks.rules.yml']).toContain('dashboard_url: https://grafana.example/d/authwatch-')
  expect(own['alerts/self.rules.yml']).toContain('absent(authwatch_build_info{job="watchers"})')
  expect(own['alerts/events.rules.yml']).toContain('(14.4 * 0.001)')
  // Neither its alert, nor a rule about its results, nor an inhibition by it is left.
  const left = Object.values(own).join('')
  expect(left).not.toContain('AuthwatchServerNotAnswering')
  expect(left).not.toContain('not_answering')
})

test('every file can be read as YAML and holds no alias', () => {
  for (const [, text] of files) {
    expect(parse(text)).toBeTypeOf('object')
    expect(text).not.toMatch(/^\s*\S+: [&*]\w+$/m)
  }
})
