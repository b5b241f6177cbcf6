import { type Naming, type TestDatabase, testDatabase } from './database.ts'

/**
 * A database whose sessions start in a time zone other than UTC. There `now()` compared with a `timestamp` without
 * time zone is wrong by the zone's offset.
 */
export async function databaseInTimeZone(
  naming: Naming = 'prismaPascal',
  timeZone = 'America/New_York',
): Promise<TestDatabase> {
  return await testDatabase(naming, { settings: { TimeZone: timeZone } })
}
