import pg from 'pg'

/** Runs SQL text of one or more statements, as the superuser. */
export async function runSql(url: string, statements: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
  })
  await client.connect()
  try {
    await client.query(statements)
  } finally {
    await client.end()
  }
}
