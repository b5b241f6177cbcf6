import { cp, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { compiledCli } from '../support/compiled-cli.ts'
import { workerFolder } from '../support/worker.ts'
import { authwatch } from './authwatch.ts'

vi.setConfig({ testTimeout: 120_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (...path: readonly string[]) => readFile(join(...path), 'utf8')

test.concurrent('without a configuration it writes what the repository has, and at once nothing more', async () => {
  await using folder = await workerFolder()
  const first = await authwatch(['generate', '--out', 'watch'], { cwd: folder.path })
  expect(first).toMatchObject({ code: 0, stderr: `written to ${join(folder.path, 'watch')}\n` })
  const written = first.stdout.trim().split('\n')
  const names = async (...path: readonly string[]) =>
    (await readdir(join(root, ...path))).map((name) => join(...path, name))
  const rules = (await names('alerts')).filter((name) => /\.rules\.yml$|alertmanager\.yml$/.test(name))
  const expected = [...rules, ...(await names('grafana', 'dashboards')), 'reference.md']
  expect(written.toSorted()).toEqual(expected.toSorted())
  for (const path of written.filter((each) => each !== 'reference.md'))
    expect(await read(folder.path, 'watch', path)).toBe(await read(root, path))
  expect(await read(folder.path, 'watch', 'reference.md')).toContain(
    '| `alerts.signInErrorBudget` | `0.005` |',
  )
  const again = await authwatch(['generate', '--out', 'watch'], { cwd: folder.path })
  expect(again).toMatchObject({ code: 0, stdout: '', stderr: 'everything generated is up to date\n' })
})

test.concurrent('thresholds of the configuration reach rules and boards, without any secret', async () => {
  await using folder = await workerFolder()
  const config = {
    alerts: { job: 'watchers', signInErrorBudget: 0.001 },
    checks: { 'session.expired_backlog': { thresholds: { offenders: 77 } } },
  }
  const { code } = await authwatch(['generate', '--out', '.'], { cwd: folder.path, config })
  expect(code).toBe(0)
  expect(await read(folder.path, 'alerts/self.rules.yml')).toContain('authwatch_build_info{job="watchers"}')
  expect(await read(folder.path, 'alerts/checks.rules.yml')).toContain('> 77')
  expect(await read(folder.path, 'grafana/dashboards/authwatch-overview.json')).toContain('"value": 0.999')
  expect(await read(folder.path, 'grafana/dashboards/authwatch-checks.json')).toContain('"value": 78')
})

test.concurrent('a wrong threshold, and a folder that is no checkout, are told before anything is written', async () => {
  await using folder = await workerFolder()
  const config = { alerts: { signInErrorBudget: 99.5 } }
  const wrong = await authwatch(['generate', '--out', 'watch'], { cwd: folder.path, config })
  expect(wrong).toMatchObject({ code: 78, stdout: '' })
  expect(wrong.stderr).toContain('alerts.signInErrorBudget: less than 1')
  await using other = await workerFolder()
  const nowhere = await authwatch(['generate'], { cwd: other.path })
  expect(nowhere).toMatchObject({ code: 64, stdout: '' })
  expect(nowhere.stderr).toContain('name a folder with --out')
  expect(await readdir(other.path)).toEqual([])
  expect(await readdir(folder.path)).toEqual(['authwatch.yaml'])
})

/** The package as it is installed elsewhere: without what only its developers need. */
async function installedWithoutBoards(folder: string): Promise<string> {
  const dist = dirname(await compiledCli())
  const packages = join(folder, 'node_modules')
  await mkdir(packages)
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!name.startsWith('.') && name !== '@grafana')
      await symlink(join(root, 'node_modules', name), join(packages, name))
  }
  await cp(join(root, 'package.json'), join(folder, 'package.json'))
  await cp(dist, join(folder, 'dist'), { recursive: true })
  return join(folder, 'dist/cli.js')
}

test.concurrent('where the library for boards is not installed, it says so and writes the rest when told to', async () => {
  await using folder = await workerFolder()
  const cli = await installedWithoutBoards(folder.path)
  const refused = await authwatch(['generate', '--out', 'watch'], { cwd: folder.path, cli })
  expect(refused).toMatchObject({ code: 64, stdout: '' })
  expect(refused.stderr).toContain('npm install --no-save @grafana/grafana-foundation-sdk')
  expect(refused.stderr).toContain('--no-boards')
  await expect(stat(join(folder.path, 'watch'))).rejects.toThrow('ENOENT')
  const rest = await authwatch(['generate', '--out', 'watch', '--no-boards'], { cwd: folder.path, cli })
  expect(rest.code).toBe(0)
  expect(await readdir(join(folder.path, 'watch'))).toEqual(['alerts', 'reference.md'])
})

test.concurrent('a folder in which nothing can be made is a fault that is told, and not waited for', async () => {
  const { code, stderr } = await authwatch(['generate', '--out', '/proc/nope'])
  expect(code).toBe(64)
  expect(stderr).toContain('cannot write to /proc/nope (ENOENT)')
})
