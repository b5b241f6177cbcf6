import type { Config } from '../config/load.ts'
import type { Terminal } from './terminal/terminal.ts'

/** `authwatch config check`: what a configuration that was accepted amounts to. Secrets are named, never shown. */
export function configCheck(config: Config, terminal: Terminal): void {
  const lines = [
    `configuration: ${config.file ?? 'environment only'}`,
    `databases: ${config.databases.map(({ name }) => name).join(', ')}`,
    `checks: ${config.checks.length} enabled`,
    `state: ${config.state.url === null ? `embedded PostgreSQL in ${config.state.directory}` : 'STATE_DATABASE_URL'}`,
    `queue: ${config.redisUrl === null ? 'the state database' : 'Redis'}`,
    `http: ${config.http.host}:${config.http.port}`,
    'the configuration is valid',
  ]
  terminal.out(`${lines.join('\n')}\n`)
}
