import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { compiledCli } from './support/compiled-cli.ts'
import { workerFolder } from './support/worker.ts'

vi.setConfig({ testTimeout: 120_000 })

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)
const TIMEOUT = { timeout: 60_000 }
const SECRET = 'Pl4nted-beside-the-package'
const MEGABYTE = 1_048_576

const manifest = z.object({ files: z.array(z.string()), dependencies: z.record(z.string(), z.string()) })
const packed = z.object({
  filename: z.string(),
  size: z.number(),
  unpackedSize: z.number(),
  files: z.array(z.object({ path: z.string() })),
})

/** What a checkout has beside the package, and nobody may get. */
const BESIDE = [
  '.env',
  'authwatch.yaml',
  '.authwatch/password',
  'src/cli.ts',
  'test/x.test.ts',
  'dist/cli.js.map',
]

test('the package holds what it needs and nothing from beside it, and works where it is installed', async () => {
  await using folder = await workerFolder('authwatch-package-')
  const at = (...path: readonly string[]) => join(folder.path, ...path)
  const { files, dependencies } = manifest.parse(
    JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')),
  )
  const compiled = dirname(await compiledCli())
  await cp(compiled, at('source', 'dist'), { recursive: true })
  for (const name of ['package.json', ...files.filter((each) => !/^!|^dist$/.test(each))])
    await cp(join(PROJECT, name), at('source', name), { recursive: true })
  for (const path of BESIDE) {
    await mkdir(dirname(at('source', path)), { recursive: true })
    await writeFile(at('source', path), SECRET)
  }

  const npm = await run('npm', ['pack', '--json', '--ignore-scripts'], { cwd: at('source'), ...TIMEOUT })
  const [content] = Object.values<unknown>(JSON.parse(npm.stdout))
  const { filename, size, unpackedSize, files: all } = packed.parse(content)
  const paths = all.map(({ path }) => path)
  expect(paths).toEqual(
    expect.arrayContaining(['dist/cli.js', 'prisma/schema.prisma', 'alerts/README.md', 'LICENSE']),
  )
  expect(
    paths.filter((path) => !/^(dist|prisma|alerts|assets|grafana|docs)\/|^[A-Z]+(\.md)?$/.test(path)),
  ).toEqual(['package.json'])
  expect(paths.filter((path) => /\.(map|ts|env|pem|key|crt)$|(^|\/)(test|\.[^/]+)(\/|$)/.test(path))).toEqual(
    [],
  )
  // A dashboard is the largest part; a library or a picture that slips in would be larger than all of it.
  expect(size).toBeLessThan(2 * MEGABYTE)
  expect(unpackedSize).toBeLessThan(8 * MEGABYTE)

  const home = at('app', 'node_modules', 'authwatch')
  await mkdir(home, { recursive: true })
  await run('tar', ['-xzf', at('source', filename), '-C', home, '--strip-components=1'], TIMEOUT)
  await expectNoTrace(home)
  await linkDependencies(at('app', 'node_modules'), Object.keys(dependencies))
  const cli = await run(process.execPath, [join(home, 'dist', 'cli.js'), 'list'], {
    cwd: at('app'),
    ...TIMEOUT,
  })
  expect(cli.stdout).toContain('session.expired_backlog')
  const script = `import { attest, instrument } from 'authwatch/better-auth'
    import about from 'authwatch/package.json' with { type: 'json' }
    const hidden = await import('authwatch/dist/cli.js').catch(({ code }) => code)
    console.log(typeof attest, typeof instrument, about.name, hidden)`
  const args = ['--no-warnings', '--input-type=module', '--eval', script]
  const imported = await run(process.execPath, args, { cwd: at('app'), ...TIMEOUT })
  expect(imported.stdout.trim()).toBe('function function authwatch ERR_PACKAGE_PATH_NOT_EXPORTED')
})

async function expectNoTrace(home: string): Promise<void> {
  const found = await run('grep', ['-rlF', SECRET, home], TIMEOUT).catch(
    ({ code }: { code: unknown }) => code,
  )
  // The code of grep for nothing found.
  expect(found).toBe(1)
}

/** As npm would have put them there; what is not among the dependencies is not there. */
async function linkDependencies(modules: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(PROJECT, 'node_modules', name), join(modules, name))
  }
}
