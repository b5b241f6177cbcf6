import type { Command } from 'commander'
import { catalogue } from '../catalogue.ts'
import { list } from '../list.ts'
import type { CommandContext } from './context.ts'

const SERVE_HELP = `
Stops in order at SIGTERM or Ctrl-C, within ten seconds. Results go to the state database, logs to standard error.

Examples:
  DATABASE_URL=postgres://reader@db.example.com/app authwatch serve
  authwatch --config /etc/authwatch.yaml serve --web.config.file /etc/authwatch/web.yml
`

const CHECK_HELP = `
Runs now, with neither queue nor state database, so it knows of no waiver. Probes, which ask servers, run where they
are named; \`authwatch probe\` runs them all.
Exit code: 0 pass or info, 1 warning, 2 critical, 3 could not look (2 wins over 3, 3 over 1).

Examples:
  authwatch check
  authwatch check session api_key.owner_missing
  authwatch check journey.sign_in_broken
  authwatch check --json | jq '.results[] | select(.verdict.state == "fail") | .check'
`

const PROBE_HELP = `
Rows are probes, columns are servers: ✓ as it should be, ✗ step: reason, ? could not look, – not configured.
Exit codes are those of \`check\`.

Examples:
  authwatch probe
  authwatch probe crm-a --json
`

const LIST_HELP = `
Needs no configuration and no database.

Examples:
  authwatch list
  authwatch list --json | jq -r '.[].id'
`

/** `serve`, and what it does by the clock, done now: `check`, `probe`; `list` tells what there is. */
export function addWatching(root: Command, { terminal, load, exit, takeSignals }: CommandContext): void {
  root
    .command('serve')
    .description('watch: run the checks on their schedule and serve /metrics')
    .option('--web.config.file <file>', 'TLS and users, in the format of the exporter-toolkit')
    .addHelpText('after', SERVE_HELP)
    .action(async (options: { 'web.config.file'?: string }) => {
      takeSignals()
      const { serve } = await import('../serve.ts')
      const config = load()
      const webConfigFile = options['web.config.file'] ?? config.http.webConfigFile
      exit(await serve({ ...config, http: { ...config.http, webConfigFile } }, terminal))
    })

  root
    .command('check')
    .argument('[id...]', 'check ids or subjects such as `session`; all when none is named')
    .description('run checks now and print their verdicts')
    .option('--json', 'machine-readable results', false)
    .option('--no-findings', 'leave out the sample of offending rows')
    .addHelpText('after', CHECK_HELP)
    .action(async (ids: string[], options: { json: boolean; findings: boolean }) => {
      const { check } = await import('../check.ts')
      exit(await check(load(), { ids, ...options }, terminal))
    })

  root
    .command('probe')
    .argument('[server]', 'one of the configured servers; all when none is named')
    .description('act as a client against the servers now and print what they made of it')
    .option('--json', 'machine-readable results', false)
    .addHelpText('after', PROBE_HELP)
    .action(async (server: string | undefined, options: { json: boolean }) => {
      const { probe } = await import('../probe.ts')
      exit(await probe(load(), { server, ...options }, terminal))
    })

  root
    .command('list')
    .description('show every check there is')
    .option('--json', 'machine-readable list', false)
    .addHelpText('after', LIST_HELP)
    .action((options: { json: boolean }) => list(catalogue, options, terminal))
}
