import type { Reader } from '../database/connect.ts'
import type { Names } from '../database/names.ts'
import type { Target } from './target.ts'

/**
 * How long names are remembered: from one minute's checks to the next, since to look costs more than most of them. A
 * migration is seen after this, or at once by what looks at the schema itself and by a statement that trips over it.
 */
const REMEMBER_NAMES_MS = 120_000
/** Of a transaction that waits for another's look; shorter than the server lets one be idle. */
const WAIT_FOR_NAMES_MS = 1_000

/** Checks that are due together look once; who waited in vain for another's look takes its own. */
export function rememberedNames(
  clock: () => number,
  look: (reader: Reader) => Promise<Names>,
): { readonly names: Target['names']; readonly forget: () => void } {
  let remembered: { readonly names: Names; readonly until: number } | undefined
  let looking: Promise<Names | undefined> | undefined
  const lookAndRemember = async (reader: Reader): Promise<Names> => {
    const found = look(reader)
    const own = found.catch(() => undefined)
    looking = own
    try {
      const names = await found
      // Who was told to forget meanwhile was told by a statement that knows better.
      if (looking === own) remembered = { names, until: clock() + REMEMBER_NAMES_MS }
      return names
    } finally {
      if (looking === own) looking = undefined
    }
  }
  return {
    names: async (reader: Reader): Promise<Names> => {
      if (remembered !== undefined && clock() < remembered.until) return remembered.names
      const others = looking === undefined ? undefined : await orAfter(WAIT_FOR_NAMES_MS, looking)
      return others ?? (await lookAndRemember(reader))
    },
    forget: (): void => {
      remembered = undefined
      looking = undefined
    },
  }
}

async function orAfter<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
