import { type Command, Option } from 'commander'
import type { CommandContext } from './context.ts'
import { durationOption } from './duration-option.ts'

/** What is done about the rows that the worker has found. */
export function addFindings(root: Command, { terminal, load }: CommandContext): void {
  root
    .command('findings')
    .description('show the offending rows that the worker has found')
    .option('--check <id>', 'of this check only')
    .option('--target <name>', 'of this database only')
    .addOption(new Option('--since <duration>', 'seen within this time').argParser(durationOption))
    .option('--all', 'resolved ones too', false)
    .option('--json', 'machine-readable findings', false)
    .action(async (options) => {
      const { findings } = await import('../findings.ts')
      await findings(load(), { check: undefined, target: undefined, since: undefined, ...options }, terminal)
    })
}
