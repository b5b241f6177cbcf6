import type { Command } from 'commander'
import { configCheck } from '../config-check.ts'
import type { CommandContext } from './context.ts'

const GENERATE_HELP = `
Thresholds are those of the configuration, which needs no secret for this. In a checkout of authwatch it writes
alerts/, grafana/dashboards/ and the tables of the documents; elsewhere name a folder with --out.

Examples:
  authwatch generate --out monitoring
  authwatch --config authwatch.yaml generate --out monitoring --no-boards
`

const GRANTS_HELP = `
Runs nothing: the SQL is for psql, as the owner of the tables, and asks for the new role's password. The role reads
views in which secrets are replaced by facts about them.

Examples:
  authwatch grants | psql "$OWNER_DATABASE_URL"
  authwatch grants --role watcher --schema watcher_views > grants.sql
`

const CONFIG_HELP = `
Every fault is one line with its place, and no secret is shown. Connects to nothing; \`authwatch doctor\` does.
Exit code: 0 valid, 78 not.

Examples:
  authwatch config check
  authwatch --config /etc/authwatch.yaml config check
`

/** What an operator does once, and when something of it changes. */
export function addSetup(root: Command, { terminal, load, loadAlerting }: CommandContext): void {
  root
    .command('grants')
    .description('print the SQL of a role that may read what the checks need, and no secret')
    .option('--database <name>', 'which of the configured databases')
    .option('--role <name>', 'name of the role', 'authwatch')
    .option('--schema <name>', 'schema for the views', 'authwatch_views')
    .addHelpText('after', GRANTS_HELP)
    .action(async (options) => {
      const { grants } = await import('../grants.ts')
      await grants(load(), { database: undefined, ...options }, terminal)
    })

  root
    .command('generate')
    .description('write alert rules, Alertmanager configuration, boards and reference, with your thresholds')
    .option('-o, --out <folder>', 'where to write; made when it is not there')
    .option('--no-boards', 'without boards, which need @grafana/grafana-foundation-sdk')
    .addHelpText('after', GENERATE_HELP)
    .action(async (options: { out?: string; boards: boolean }) => {
      const { generateCommand } = await import('../generate.ts')
      await generateCommand(loadAlerting(), { out: undefined, ...options }, terminal)
    })

  root
    .command('config')
    .description('about the configuration')
    .command('check')
    .description('read the configuration and report every fault in it')
    .addHelpText('after', CONFIG_HELP)
    .action(() => configCheck(load(), terminal))
}
