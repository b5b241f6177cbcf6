import { Redis } from 'ioredis'

/** Everything that any client tells a Redis, from now on: what is in it at one moment is the smaller part. */
export interface QueueWatch extends AsyncDisposable {
  /** Every command with its arguments, and then every key that is there. */
  read(): Promise<string>
}

/** @param url with the password */
export async function watchQueue(url: string): Promise<QueueWatch> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 })
  const monitor = await redis.monitor()
  const seen: string[] = []
  monitor.on('monitor', (_time: string, args: readonly string[]) => seen.push(args.join(' ')))
  return {
    read: async () => {
      const keys = await redis.keys('*')
      const values = await Promise.all(keys.map((key) => contentOf(redis, key)))
      return [...seen, ...keys, ...values].join('\n')
    },
    [Symbol.asyncDispose]: async () => {
      monitor.disconnect()
      redis.disconnect()
    },
  }
}

async function contentOf(redis: Redis, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'string':
      return (await redis.get(key)) ?? ''
    case 'hash':
      return JSON.stringify(await redis.hgetall(key))
    case 'list':
      return JSON.stringify(await redis.lrange(key, 0, -1))
    case 'set':
      return JSON.stringify(await redis.smembers(key))
    case 'zset':
      return JSON.stringify(await redis.zrange(key, '0', '-1'))
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'))
    default:
      return ''
  }
}
