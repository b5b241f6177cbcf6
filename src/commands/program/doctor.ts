import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommandContext } from './context.ts'

const HELP = `
Looks at the deployment itself: configuration, rights and limits on the application's database, state, queue, clocks,
the worker and whether it is scraped; with their URLs also at the targets and rules of Prometheus and at the dead man's
switch in Alertmanager. A user and password in a URL are sent as basic authentication. Changes nothing.
Signs: ✓ good, ✗ not (with its severity), ? could not look, – not configured.
Exit codes are those of \`check\`.

Examples:
  authwatch doctor
  authwatch doctor --prometheus http://127.0.0.1:9090 --alertmanager http://127.0.0.1:9093
  authwatch doctor --worker https://authwatch.internal:9469 --json
`

function urlOption(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new InvalidArgumentError('write a URL that begins with http:// or https://.')
}

interface DoctorFlags {
  readonly prometheus?: string
  readonly alertmanager?: string
  readonly worker?: string
  readonly json: boolean
}

/** Whether the watcher itself is well. */
export function addDoctor(root: Command, { terminal, load, exit }: CommandContext): void {
  root
    .command('doctor')
    .description('examine the deployment of authwatch itself')
    .addOption(
      new Option('--prometheus <url>', 'base URL of the Prometheus that scrapes it').argParser(urlOption),
    )
    .addOption(new Option('--alertmanager <url>', 'base URL of the Alertmanager').argParser(urlOption))
    .addOption(
      new Option('--worker <url>', 'base URL of a worker (default: as configured)').argParser(urlOption),
    )
    .option('--json', 'machine-readable steps', false)
    .addHelpText('after', HELP)
    .action(async (options: DoctorFlags) => {
      const { doctor } = await import('../doctor.ts')
      const nobody = { prometheus: undefined, alertmanager: undefined, worker: undefined }
      exit(await doctor(load, { ...nobody, ...options }, terminal))
    })
}
