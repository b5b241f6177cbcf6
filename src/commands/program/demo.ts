import { Argument, type Command } from 'commander'
import { UsageError } from '../terminal/usage-error.ts'
import type { CommandContext } from './context.ts'
import { portOption } from './port-option.ts'

/** The demo's servers need the API-key plugin, whose peer dependencies npm cannot settle in other people's projects. */
function withoutServers(cause: unknown): never {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND') {
    throw new UsageError('the demo runs in a clone of the repository: npm ci && npm run demo', { cause })
  }
  throw cause
}

const DEMO_HELP = `
Everything runs on this machine and is removed at the end. Ctrl-C stops it.

Examples:
  authwatch demo
  authwatch demo --once --port 0
`

const FAULT_HELP = `
Examples:
  authwatch demo fault            # all of them, and which are on
  authwatch demo fault F03 on
  authwatch demo fault F03 off
`

export function addDemo(root: Command, { terminal, exit, takeSignals }: CommandContext): void {
  const demoCommand = root
    .command('demo')
    .description('start a small CRM with real better-auth servers, break it, and watch it')
    .option('--port <port>', 'port of /metrics; 0 takes a free one', portOption, '9469')
    .option('--once', 'print the verdicts and stop', false)
    .addHelpText('after', DEMO_HELP)
    .action(async (options: { port: string; once: boolean }) => {
      takeSignals()
      const { demo } = await import('../demo.ts').catch(withoutServers)
      exit(await demo(options, terminal))
    })

  demoCommand
    .command('fault')
    .argument('[id]', 'such as F03; all are listed when none is named')
    .addArgument(new Argument('[action]', 'break it or mend it').choices(['on', 'off']))
    .description('break the demo that runs in another terminal, and mend it')
    .addHelpText('after', FAULT_HELP)
    .action(async (id: string | undefined, action: 'on' | 'off' | undefined) => {
      const { demoFault } = await import('../demo-fault.ts')
      await demoFault({ id, action: action ?? 'list' }, terminal)
    })
}
