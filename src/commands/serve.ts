import type { Config } from '../config/load.ts'
import { createLogger } from './logger.ts'
import { openStateOf } from './open-state.ts'
import { startWorker } from './start-worker.ts'
import { exitCodes, type Terminal } from './terminal/terminal.ts'

export function untilStopped({ stop }: Pick<Terminal, 'stop'>): Promise<void> {
  if (stop.aborted) return Promise.resolve()
  return new Promise((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }))
}

/** `authwatch serve`: watches until it is told to stop, then ends what is under way. */
export async function serve(config: Config, terminal: Terminal): Promise<number> {
  const log = createLogger(config, terminal)
  await using state = await openStateOf(config)
  await using worker = await startWorker({ config, store: state.store, stateUrl: () => state.url, log })
  await Promise.race([untilStopped(terminal), state.failure])
  log.info({ address: worker.url }, 'stopping')
  return exitCodes.pass
}
