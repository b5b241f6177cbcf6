import { openDemoControl } from '../demo/control-client.ts'
import { FaultError } from '../demo/faults/fault-error.ts'
import { palette } from './terminal/colours.ts'
import { plainTable } from './terminal/plain-table.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

export interface DemoFaultOptions {
  /** Not needed for `list`. */
  readonly id: string | undefined
  readonly action: 'on' | 'off' | 'list'
  /** Where the demo wrote how it is reached; default: this user's. */
  readonly directory?: string
}

/** `authwatch demo fault`: breaks the demo that runs in another terminal, and mends it. */
export async function demoFault(options: DemoFaultOptions, terminal: Terminal): Promise<void> {
  const { id, action, directory } = options
  const demo = await openDemoControl({ signal: terminal.stop, directory })
  const { bold, dim, green, red } = palette(terminal)
  if (action === 'list') {
    const rows = (await demo.list()).map(({ id, title, on }) => [id, on ? red('✗ on') : dim('– off'), title])
    const head = ['fault', 'now', 'what is true while it is on'].map((word) => bold(word))
    return terminal.out(`${plainTable(head, rows)}\n`)
  }
  if (id === undefined) throw new UsageError('name a fault; `authwatch demo fault list` shows them')
  const begun = performance.now()
  const { title } = await demo.switch({ id, on: action === 'on' }).catch((cause: unknown) => {
    throw cause instanceof FaultError ? new UsageError(cause.message, { cause }) : cause
  })
  const took = dim(`${((performance.now() - begun) / 1000).toFixed(1)} s`)
  const sentence = action === 'on' ? title : dim(`no longer: ${title}`)
  terminal.out(`${green('✓')} ${id} is ${action} ${took}\n    ${sentence}\n`)
}
