/**
 * Writes the typed client of our own state to src/results/generated. Quiet unless it fails.
 *
 * `prisma generate` needs no engine but refuses to start before it has downloaded one. Naming any file that exists
 * keeps it offline, and works where npm ran no install scripts.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TIMEOUT_MS = 120_000

const require = createRequire(import.meta.url)
const { bin } = require('prisma/package.json')
const cli = join(dirname(require.resolve('prisma/package.json')), bin.prisma)

const { status, signal, error, stdout, stderr } = spawnSync(
  process.execPath,
  [cli, 'generate', '--no-hints'],
  {
    cwd: join(dirname(fileURLToPath(import.meta.url)), '..'),
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    env: {
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    },
  },
)
if (status !== 0) {
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`)
  process.stderr.write(
    `prisma generate failed: ${error?.message ?? (signal === null ? `exit code ${status}` : signal)}\n`,
  )
  process.exitCode = status ?? 1
}
