import { type Forwarder, forwardTo } from '../../results/forwarder.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

/** A Redis and its replica, behind one address. */
export interface RedisPair extends AsyncDisposable {
  readonly url: string
  /** What leads to the one in charge. */
  readonly route: Forwarder
  inCharge(): TestRedis
  /** What is written from now on does not reach the replica. */
  stopReplication(): void
  /** Puts the replica in charge, with what it knows, and makes the other one, empty, its replica. */
  failOver(): Promise<void>
}

export async function redisPair(): Promise<RedisPair> {
  const args = ['--repl-diskless-sync-delay', '0']
  const first = await startRedis({ args })
  const second = await startRedis({ args })
  const route = await forwardTo(first.port)
  const replication = await forwardTo(first.port)
  let [inCharge, replica] = [first, second]
  const follow = () => expectOk(replica, `REPLICAOF 127.0.0.1 ${replication.port}`)
  await follow()
  return {
    url: `redis://127.0.0.1:${route.port}`,
    route,
    inCharge: () => inCharge,
    stopReplication: () => replication.goSilent(),
    async failOver() {
      await expectOk(replica, 'REPLICAOF NO ONE')
      ;[inCharge, replica] = [replica, inCharge]
      route.aim(inCharge.port)
      route.cut()
      replication.recover()
      replication.aim(inCharge.port)
      await replica.start()
      await follow()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([route, replication, first, second].map((part) => part[Symbol.asyncDispose]()))
    },
  }
}

async function expectOk(redis: TestRedis, command: string): Promise<void> {
  const reply = await redis.command(command)
  if (!reply.startsWith('+OK')) throw new Error(`${command} was answered with ${reply}`)
}
