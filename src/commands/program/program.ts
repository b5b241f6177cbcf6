import { Command } from 'commander'
import { loadAlerting, loadConfig } from '../../config/load.ts'
import { catalogue } from '../catalogue.ts'
import { version } from '../version.ts'
import { addCompletion } from './completion.ts'
import type { CommandContext } from './context.ts'
import { addDemo } from './demo.ts'
import { addDiagnosing } from './diagnosing.ts'
import { addDoctor } from './doctor.ts'
import { addFindings } from './findings.ts'
import { addFix } from './fix.ts'
import { addSetup } from './setup.ts'
import { addToken } from './token.ts'
import { addWatching } from './watching.ts'

const HELP = `
Examples:
  authwatch check                        # now, with the URL in DATABASE_URL
  authwatch serve                        # on schedule, with /metrics
  authwatch doctor                       # is the deployment of authwatch itself in good health?
  authwatch help fix                     # more about one command
`

/** Commands are loaded when they are called: `list` must not wait for what `serve` and `demo` need. */
export function program(given: Omit<CommandContext, 'load' | 'loadAlerting'>): Command {
  const { terminal } = given
  const root = new Command('authwatch')
    .description('Watches the authentication of applications that use better-auth.')
    .version(version())
    .option('-c, --config <file>', 'configuration file (default: authwatch.yaml if it exists)')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride()
    .addHelpText('after', HELP)
    .showHelpAfterError('(authwatch --help shows what there is)')
  const where = () => {
    const path = root.opts<{ config?: string }>().config
    return { env: terminal.env, cwd: terminal.cwd, path, catalogue }
  }
  const context: CommandContext = {
    ...given,
    load: () => loadConfig(where()),
    loadAlerting: () => loadAlerting(where()),
  }
  addWatching(root, context)
  addDiagnosing(root, context)
  addFindings(root, context)
  addFix(root, context)
  addToken(root, context)
  addDoctor(root, context)
  addCompletion(root, context)
  addSetup(root, context)
  addDemo(root, context)
  return root
}
