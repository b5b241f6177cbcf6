import type { Result } from '../catalogue/result.ts'
import type { Logger } from './logger.ts'
import type { Terminal } from './terminal/terminal.ts'

interface Fault {
  readonly check: string
  readonly target: string
  readonly trace: string
}

function faultsOf(results: readonly Result[]): readonly Fault[] {
  return results.flatMap(({ check, target, verdict }) =>
    verdict.state === 'error' && verdict.trace !== undefined ? [{ check, target, trace: verdict.trace }] : [],
  )
}

/** Logs where faults of authwatch itself came from: each when it begins or changes, and not with every run. */
export function traceLog(log: Pick<Logger, 'error'>): (results: readonly Result[]) => void {
  const known = new Map<string, string>()
  const place = ({ check, target }: Pick<Fault, 'check' | 'target'>) => `${target}/${check}`
  return (results) => {
    const faults = faultsOf(results)
    for (const { check, target, trace } of faults) {
      if (known.get(place({ check, target })) !== trace)
        log.error({ check, target, trace }, 'a fault in authwatch itself; please report it')
    }
    for (const result of results) known.delete(place(result))
    for (const fault of faults) known.set(place(fault), fault.trace)
  }
}

/** The same for who ran checks by hand. */
export function printTraces(results: readonly Result[], terminal: Pick<Terminal, 'err'>): void {
  for (const { check, target, trace } of faultsOf(results))
    terminal.err(`authwatch: ${check} on ${target}: ${trace}\n`)
}
