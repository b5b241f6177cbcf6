import { connectState } from './connect-state.ts'
import { migrate } from './migrate.ts'
import { stateAddress } from './state-address.ts'
import type { StateStore } from './state-store.ts'

/** Brings the state's schema up to date and connects to it. Throws StateError. */
export async function openState({ url }: { readonly url: string }): Promise<StateStore> {
  const address = stateAddress(url)
  await migrate(address)
  return connectState(address)
}
