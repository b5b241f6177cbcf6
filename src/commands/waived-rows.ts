import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckId } from '../catalogue/naming.ts'
import type { Config } from '../config/load.ts'
import { StateError } from '../results/state-error.ts'
import { waiverBook } from '../results/waiver-book.ts'
import { openStateOf } from './open-state.ts'

/** Rows of a check that somebody decided to live with; undefined when the state database cannot tell. */
export async function waivedRows(
  config: Pick<Config, 'state'>,
  place: { readonly check: CheckId; readonly target: string },
): Promise<readonly string[] | undefined> {
  const { url, directory } = config.state
  // An embedded state that nobody has started holds no waiver, and is not made for the question.
  if (url === null && !(await exists(join(directory, 'postgres')))) return []
  try {
    await using state = await openStateOf(config)
    const book = waiverBook({ store: state.store.waivers, clock: Date.now })
    await book.sync()
    return book.keysOf(place)
  } catch (error) {
    if (error instanceof StateError) return undefined
    throw error
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
