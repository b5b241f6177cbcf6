import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'
import { buildTemplate } from './bench-server.ts'
import { NAMINGS } from './schemas/index.ts'

/** Starts the run's PostgreSQL, makes the templates, and answers with what ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'authwatch-bench-'))
  // PostgreSQL runs as another user when we are root, and must be able to enter.
  await chmod(directory, 0o755)
  const server = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'postgres'),
    removeOnStop: true,
    settings: { max_connections: '200' },
  })
  const teardown = async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const benchServer = { adminUrl: server.url('postgres') }
    for (const naming of NAMINGS) await buildTemplate(benchServer, naming)
    project.provide('benchServer', benchServer)
    return teardown
  } catch (cause) {
    await teardown()
    throw cause
  }
}
