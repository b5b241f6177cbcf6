import { join } from 'node:path'
import type { Config } from '../config/load.ts'
import { startEmbeddedPostgres } from '../embedded/postgres.ts'
import { openState } from '../results/open-state.ts'
import type { StateStore } from '../results/state-store.ts'

/** The database of our own state and the store on it; the embedded server when no other is configured. */
export interface OpenedState extends AsyncDisposable {
  readonly url: string
  readonly store: StateStore
  readonly embedded: boolean
}

const DATABASE = 'authwatch'

export async function openStateOf({ state }: Pick<Config, 'state'>): Promise<OpenedState> {
  if (state.url !== null) {
    const store = await openState({ url: state.url })
    return {
      url: state.url,
      store,
      embedded: false,
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  }
  const server = await startEmbeddedPostgres({ dataDirectory: join(state.directory, 'postgres') })
  try {
    await server.createDatabase(DATABASE)
    const url = server.url(DATABASE)
    const store = await openState({ url })
    const close = async () => {
      await store[Symbol.asyncDispose]()
      await server.stop()
    }
    return { url, store, embedded: true, [Symbol.asyncDispose]: close }
  } catch (cause) {
    await server.stop()
    throw cause
  }
}
