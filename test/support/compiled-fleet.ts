import { dirname, join } from 'node:path'
import { type Fleet, type FleetOptions, startFleet } from '../../src/demo/fleet.ts'
import { compiledCli } from './compiled-cli.ts'

/** The demo's fleet, of servers that start in a third of what they take when each compiles itself first. */
export async function startCompiledFleet(options: FleetOptions): Promise<Fleet> {
  return await startFleet({ ...options, program: join(dirname(await compiledCli()), 'demo', 'server.js') })
}
