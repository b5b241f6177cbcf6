import { type Answer, Refusal, type RequestOptions, type ServerClient } from '../../catalogue/probe.ts'
import { askWorking } from '../ask.ts'
import { NetworkFailure, networkFailure } from '../network-failure.ts'
import { eachServer } from './each-server.ts'

/** A server that takes longer counts as one that did not answer: the others' comparison must fit the run's time. */
const PATIENCE_MS = 3_000

export interface Answered {
  readonly server: string
  readonly answer: Answer
}

export interface AskEveryoneOptions {
  readonly path: string
  readonly atLeast: number
  readonly request?: RequestOptions
}

/**
 * Asks every server, many at once, and gives the answers of those that had a usable one: a server that is down must not keep
 * the others from being compared. Rejects with the first failure when fewer than `atLeast` answered.
 */
export async function askEveryone(
  fleet: readonly ServerClient[],
  { path, atLeast, request }: AskEveryoneOptions,
): Promise<readonly Answered[]> {
  const outcomes = await eachServer(fleet, async (server) => ({
    server: server.name,
    answer: await withPatience(askWorking(server, path, request)),
  }))
  const answered = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const causes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  const cause = causes.find((each) => !isServersFault(each)) ?? causes[0]
  if (cause !== undefined && (answered.length < atLeast || !isServersFault(cause))) throw cause
  return answered
}

async function withPatience<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NetworkFailure('timeout')), PATIENCE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function isServersFault(cause: unknown): boolean {
  return cause instanceof Refusal || networkFailure(cause) !== undefined
}
