import pg from 'pg'

const CONNECT_MS = 5_000
const LOCK_MS = 20_000

/** Nobody reads or writes the table until the answer is closed. Rejects when it is not ours within 20 s. */
export async function lockTable(url: string, table: string): Promise<AsyncDisposable> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: LOCK_MS,
  })
  client.on('error', () => {})
  await client.connect()
  const close = () => client.end()
  try {
    await client.query(`begin; lock table ${table} in access exclusive mode`)
  } catch (cause) {
    await close()
    throw cause
  }
  return { [Symbol.asyncDispose]: close }
}
