import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/load.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/postgres.ts'
import { lazyStore } from '../results/lazy-store.ts'
import { openState } from '../results/open-state.ts'
import { StateError } from '../results/state-error.ts'
import type { StateStore } from '../results/state-store.ts'

/** The database of our own state and the store on it; the embedded server when no other is configured. */
export interface OpenedState extends AsyncDisposable {
  /** Where the database is now. That of an embedded one changes when its server is started again. */
  readonly url: string
  readonly store: StateStore
  readonly embedded: boolean
  /** Rejects with a StateError when this release can never use the database. Never resolves. */
  readonly failure: Promise<never>
}

const DATABASE = 'authwatch'
/** How long a start waits for a server that does not answer before it watches without it. */
const PATIENCE_MS = 4_000
/** A server that another process ran ends with that process; whoever needs it then starts it again. */
const TAKE_OVER_AFTER_MS = 3_000

/**
 * Resolves also when the server cannot be reached: the store then opens later. Throws StateError or
 * EmbeddedPostgresError for what waiting does not mend.
 */
export async function openStateOf({ state }: Pick<Config, 'state'>): Promise<OpenedState> {
  const { url } = state
  return url === null ? await openEmbedded(state.directory) : await openConfigured(url)
}

async function openConfigured(url: string): Promise<OpenedState> {
  const failing = failure()
  const open = () => openState({ url })
  const first = open()
  const store = lazyStore({ open, first, onPermanent: failing.reject })
  const opened = first.then(
    () => {},
    (error: unknown) => {
      if (!(error instanceof StateError) || error.code !== 'ERR_STATE_UNREACHABLE') throw error
    },
  )
  await Promise.race([opened, sleep(PATIENCE_MS, undefined, { ref: false })])
  const close = () => store[Symbol.asyncDispose]()
  return { url, store, embedded: false, failure: failing.promise, [Symbol.asyncDispose]: close }
}

async function openEmbedded(directory: string): Promise<OpenedState> {
  const failing = failure()
  const servers: EmbeddedPostgres[] = []
  let url = ''
  const open = async () => {
    const server = await startEmbeddedPostgres({ dataDirectory: join(directory, 'postgres') })
    if (server.started) servers.push(server)
    await server.createDatabase(DATABASE)
    url = server.url(DATABASE)
    return await openState({ url })
  }
  const reopen = () =>
    open().catch((cause: unknown) => {
      if (cause instanceof StateError) throw cause
      throw new StateError('ERR_STATE_UNREACHABLE', 'the embedded PostgreSQL did not start again', { cause })
    })
  const stop = async () => {
    for (const server of servers.splice(0).reverse()) await server.stop()
  }
  const first = open()
  await first.catch(async (cause: unknown) => {
    await stop()
    throw cause
  })
  const reopening = { open: reopen, reopenAfterMs: TAKE_OVER_AFTER_MS }
  const store = lazyStore({ first, ...reopening, onPermanent: failing.reject })
  return {
    get url() {
      return url
    },
    store,
    embedded: true,
    failure: failing.promise,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]()
      await stop()
    },
  }
}

function failure(): { readonly promise: Promise<never>; readonly reject: (error: StateError) => void } {
  let reject: (error: StateError) => void = () => {}
  const promise = new Promise<never>((_, rejectIt) => {
    reject = rejectIt
  })
  // Nobody has to wait for it.
  promise.catch(() => {})
  return { promise, reject: (error) => reject(error) }
}
