import { startEmbeddedPostgres } from '../../src/embedded/postgres.ts'

// A process that holds a server until it is killed: `hold-postgres.ts <data directory>`.
const [, , dataDirectory] = process.argv
if (dataDirectory === undefined) throw new Error('Say which data directory.')
const server = await startEmbeddedPostgres({ dataDirectory })
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`)
