import { Refusal, type Resources, type ServerClient } from '../../catalogue/probe.ts'
import { asUnusable } from '../as-unusable.ts'
import { eachServer } from '../fleet/each-server.ts'
import { networkFailure } from '../network-failure.ts'
import { isServersFault } from '../servers-fault.ts'
import { readSession } from './read-session.ts'
import { cookieHeader } from './set-cookie.ts'
import { type Caller, type SignedIn, signIn } from './sign-in.ts'

/** Sign-ins a run may cost: each takes the servers a password hash and a share of their limit on sign-ins. */
const MOST_SIGN_INS = 3
/** Nobody is signed in any more after this: what was begun must be ended within the probe's deadline. */
const SIGN_INS_WITHIN_MS = 3_000

export interface SessionCell {
  readonly mintedOn: string
  readonly verifiedOn: string
  readonly accepted: boolean
  /** Accepted, or found and then answered with an error: the cookie's signature was right. */
  readonly recognised: boolean
}

export interface MintedSession {
  readonly server: ServerClient
  readonly session: SignedIn
}

export interface SessionMatrixOptions {
  readonly fleet: readonly ServerClient[]
  readonly account: Resources['account']
  readonly caller: (server: ServerClient) => Caller
  /** Milliseconds since the epoch. Its last digits choose who is first, so that in time each server is. */
  readonly now: () => number
  /** Told of each session at once; the caller ends them all. */
  readonly onMinted: (minted: MintedSession) => void
}

/**
 * Signs in on up to three servers and shows each session to every server. Who fails to answer once is asked no more.
 * Rejects with the first failure when there was nothing to compare.
 */
export async function sessionMatrix(options: SessionMatrixOptions): Promise<readonly SessionCell[]> {
  const { fleet, now } = options
  const begun = now()
  const first = Math.floor(begun) % fleet.length
  const order = [...fleet.slice(first), ...fleet.slice(0, first)]
  const cells: SessionCell[] = []
  const failures = new Map<string, unknown>()
  const tried = new Set<string>()
  while (tried.size < MOST_SIGN_INS && now() - begun < SIGN_INS_WITHIN_MS) {
    const able = order.filter(({ name }) => !tried.has(name) && !failures.has(name))
    const server = able.find(({ name }) => refusedAll(name, cells)) ?? able[0]
    if (server === undefined) break
    tried.add(server.name)
    const session = await mint(server, options, failures)
    if (session === undefined) continue
    const asked = fleet.filter(({ name }) => networkFailure(failures.get(name)) === undefined)
    const minted = { server, session }
    for (const cell of await eachServer(asked, (each) => verify(each, minted, options, failures))) {
      if (cell.status === 'rejected') throw cell.reason
      if (cell.value !== undefined) cells.push(cell.value)
    }
  }
  const compared = new Set(cells.map(({ verifiedOn }) => verifiedOn))
  const [failure] = failures.values()
  if (compared.size < Math.min(fleet.length, 2) && failure !== undefined) throw failure
  return cells
}

/** A server that took none of the sessions so far may share its secret with others like it, which only its own shows. */
function refusedAll(name: string, cells: readonly SessionCell[]): boolean {
  const column = cells.filter(({ verifiedOn }) => verifiedOn === name)
  return column.length > 0 && column.every(({ recognised }) => !recognised)
}

async function mint(
  server: ServerClient,
  { account, caller, onMinted }: SessionMatrixOptions,
  failures: Map<string, unknown>,
): Promise<SignedIn | undefined> {
  try {
    const session = await asUnusable(() => signIn(server, { ...caller(server), account }))
    onMinted({ server, session })
    // A cookie that does not come is for the probe that judges cookies.
    if (session.cookies.length === 0) throw new Refusal('unusable_answer')
    return session
  } catch (cause) {
    failures.set(server.name, serversFault(cause))
    return undefined
  }
}

async function verify(
  server: ServerClient,
  minted: MintedSession,
  { caller }: SessionMatrixOptions,
  failures: Map<string, unknown>,
): Promise<SessionCell | undefined> {
  const { auth, timeoutMs } = caller(server)
  const question = { auth, timeoutMs, cookie: cookieHeader(minted.session.cookies) }
  try {
    const { kind } = await asUnusable(() => readSession(server, question))
    const names = { mintedOn: minted.server.name, verifiedOn: server.name }
    return { ...names, accepted: kind === 'session', recognised: kind !== 'null' }
  } catch (cause) {
    failures.set(server.name, serversFault(cause))
    return undefined
  }
}

/** Throws what is no fault of a server. */
function serversFault(cause: unknown): unknown {
  if (isServersFault(cause)) return cause
  throw cause
}
