import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import pg from 'pg'
import { createApp } from './app.ts'
import { createAuth } from './auth.ts'
import { shiftClock } from './clock.ts'
import { createStrippingProxy } from './faults/stripping-proxy.ts'
import { type ServerSettings, serverSettingsSchema } from './settings.ts'

// One server of the fleet, in a process of its own: NODE_ENV, the clock and a crash belong to a process.
// The settings come over the channel to the parent, because they hold secrets. It never outlives that channel.

const MAX_CONNECTIONS = 5

process.once('disconnect', () => process.exit(0))
process.once('message', (message) => {
  serve(serverSettingsSchema.parse(message)).then(
    () => process.send?.('listening'),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      process.exit(1)
    },
  )
})

async function serve(settings: ServerSettings): Promise<void> {
  shiftClock(settings.clockOffsetMs)
  const server = createOne(settings)
  server.listen({ host: '127.0.0.1', port: settings.port })
  await once(server, 'listening')
}

function createOne(settings: ServerSettings): Server {
  if (settings.forwardTo !== null) return createStrippingProxy(settings.forwardTo)
  return settings.hang ? createServer(() => {}) : createCrm(settings)
}

function createCrm(settings: ServerSettings): Server {
  const pool = new pg.Pool({
    connectionString: settings.databaseUrl,
    application_name: settings.name,
    connectionTimeoutMillis: 5_000,
    max: MAX_CONNECTIONS,
  })
  // An idle connection that the database closes must not end the server.
  pool.on('error', (error) => process.stderr.write(`${error.message}\n`))
  const auth = createAuth(settings, pool)
  // What was counted since the last batch would end with the process.
  process.once('SIGTERM', () => void auth.close().finally(() => process.exit(0)))
  const server = createAdaptorServer({ fetch: createApp({ settings, auth, pool }).fetch })
  if (!('closeAllConnections' in server)) throw new Error('An HTTP/1 server was expected.')
  return server
}
