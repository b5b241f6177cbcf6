import { startCompiledFleet } from '../support/compiled-fleet.ts'

// A process that holds a server until it is killed. The database's URL comes over the channel: it holds a password.
process.once('message', async (databaseUrl) => {
  const fleet = await startCompiledFleet({ databaseUrl: String(databaseUrl), names: ['held'] })
  process.send?.(fleet.server('held').url)
})
