import type { Command } from 'commander'
import { configCheck } from '../config-check.ts'
import type { CommandContext } from './context.ts'

/** What an operator does once, and when something of it changes. */
export function addSetup(root: Command, { terminal, load }: CommandContext): void {
  root
    .command('grants')
    .description('print the SQL of a role that may read what the checks need, and no secret')
    .option('--database <name>', 'which of the configured databases')
    .option('--role <name>', 'name of the role', 'authwatch')
    .option('--schema <name>', 'schema for the views', 'authwatch_views')
    .action(async (options) => {
      const { grants } = await import('../grants.ts')
      await grants(load(), { database: undefined, ...options }, terminal)
    })

  root
    .command('config')
    .description('about the configuration')
    .command('check')
    .description('read the configuration and report every fault in it')
    .action(() => configCheck(load(), terminal))
}
