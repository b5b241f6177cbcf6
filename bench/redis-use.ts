import { Redis } from 'ioredis'

/** What a Redis has done since it was started. */
export interface RedisUse {
  readonly cpuSeconds: number
  /** Calls of each command, those from scripts included. */
  readonly calls: ReadonlyMap<string, number>
}

export async function redisUse(url: string): Promise<RedisUse> {
  const client = new Redis(url, { connectTimeout: 2_000, commandTimeout: 5_000, maxRetriesPerRequest: 1 })
  try {
    const cpu = await client.info('cpu')
    const stats = await client.info('commandstats')
    const of = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(cpu)?.[1])
    const calls = stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)
    return {
      cpuSeconds: of('used_cpu_user') + of('used_cpu_sys'),
      calls: new Map([...calls].map(([, name = '', count]) => [name, Number(count)])),
    }
  } finally {
    client.disconnect()
  }
}
