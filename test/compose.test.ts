import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { binaryOrSkip } from './support/binaries.ts'
import { findOnPath } from './support/find-on-path.ts'

// That it works is shown by scripts/try-compose, which needs a Docker engine. Here: that nothing in it was loosened.

const root = fileURLToPath(new URL('../', import.meta.url))
const run = promisify(execFile)

const service = z.looseObject({
  image: z.string(),
  user: z.string(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  healthcheck: z.looseObject({ test: z.array(z.string()).min(2) }).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
})

async function services() {
  const file: unknown = parse(await readFile(join(root, 'docker-compose.yml'), 'utf8'), { merge: true })
  return z.object({ services: z.record(z.string(), service) }).parse(file).services
}

test('every service runs a pinned image, not as root, on a file system that it cannot write to', async () => {
  const all = Object.entries(await services())
  expect(all.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'worker-1',
      'worker-2',
      'state',
      'queue',
      'prometheus',
      'alertmanager',
      'grafana',
      'demo',
    ]),
  )
  const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8')
  for (const [name, { image, user, healthcheck, ports = [] }] of all) {
    expect(image, name).toMatch(/:v?\d+\.\d+[.\d]*(-\w+)?$/)
    expect(user, name).not.toMatch(/^(root|0)(:|$)/)
    if (image.startsWith('authwatch')) expect(dockerfile).toContain('HEALTHCHECK')
    else expect(healthcheck, name).toBeDefined()
    for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/)
  }
})

test('no password has a value that is known, and Prometheus keeps what the baselines look back at', async () => {
  const { prometheus, ...others } = await services()
  for (const [name, { environment = {} }] of Object.entries(others)) {
    const secret = Object.entries(environment).filter(([key]) => /PASSWORD|TOKEN|SECRET|_URL$/.test(key))
    for (const [key, value] of secret) expect(value, `${name} ${key}`).toMatch(/\$\{\w+:[-?]/)
  }
  const example = await readFile(join(root, '.env.example'), 'utf8')
  expect(example.split('\n').filter((line) => /^\w+=./.test(line))).toEqual([])
  expect(prometheus?.command).toContain('--storage.tsdb.retention.time=35d')
})

test('docker-compose takes the file, and refuses it while a password is missing', async ({ skip }) => {
  const program = await findOnPath('docker-compose')
  if (program === undefined) return skip('docker-compose is not installed')
  const options = { cwd: root, timeout: 30_000 }
  const passwords = { STATE_DATABASE_PASSWORD: 'a', REDIS_PASSWORD: 'b', GRAFANA_ADMIN_PASSWORD: 'c' }
  const path = { PATH: process.env.PATH }
  await run(program, ['config', '--quiet'], { ...options, env: { ...path, ...passwords } })
  for (const missing of Object.keys(passwords)) {
    const env = { ...path, ...passwords, [missing]: '' }
    await expect(run(program, ['config', '--quiet'], { ...options, env })).rejects.toThrow('fill in .env')
  }
})

test('promtool takes the configuration of Prometheus with its rules', async ({ skip }) => {
  const promtool = await binaryOrSkip('promtool')
  if ('skip' in promtool) return skip(promtool.skip)
  const folder = await mkdtemp(join(tmpdir(), 'authwatch-prometheus-'))
  try {
    await cp(join(root, 'alerts', 'prometheus.yml'), join(folder, 'prometheus.yml'))
    await mkdir(join(folder, 'rules'))
    await cp(join(root, 'alerts'), join(folder, 'rules'), { recursive: true })
    const { stdout } = await run(promtool.path, ['check', 'config', join(folder, 'prometheus.yml')], {
      timeout: 30_000,
    })
    expect(stdout).toMatch(/checks\.rules\.yml[\s\S]*SUCCESS: \d+ rules found/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
