import type { ServerClient } from '../../catalogue/probe.ts'
import { asUnusable } from '../as-unusable.ts'
import { eachServer } from '../fleet/each-server.ts'
import type { Judgement } from '../fleet/odd-one-out.ts'
import { isServersFault } from '../servers-fault.ts'
import { useExtensionToken } from './use-extension-token.ts'

/** Name of the minter of tokens that no server made. */
const MINTER = 'authwatch'

/**
 * Shows one extension token to every server, many at once. Who gives no usable answer has no cell. Rejects with the first
 * failure when there was nothing to compare.
 */
export async function tokenMatrix(
  fleet: readonly ServerClient[],
  use: { readonly route: string; readonly token: string; readonly timeoutMs: number },
): Promise<readonly Judgement[]> {
  const outcomes = await eachServer(fleet, (server) => asUnusable(() => useExtensionToken(server, use)))
  const causes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  const cause = causes.find((each) => !isServersFault(each)) ?? causes[0]
  const judged = fleet.length - causes.length
  if (cause !== undefined && (judged < Math.min(fleet.length, 2) || !isServersFault(cause))) throw cause
  return outcomes.flatMap((outcome, i) => {
    if (outcome.status === 'rejected') return []
    return [{ mintedOn: MINTER, verifiedOn: fleet[i]!.name, accepted: outcome.value.accepted }]
  })
}
