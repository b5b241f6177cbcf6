import { betterAuth } from 'better-auth'
import { createAuthEndpoint, createAuthMiddleware } from 'better-auth/api'
import type { World } from './full-world.ts'
import { BASE_URL, ORIGIN } from './open-auth.ts'

export const STREAMED = 5
export const CHUNK = 'x'.repeat(64 * 1_024)

/** An application with an endpoint whose answer takes its time, and with a hook that asks its own API. */
export function plainAuth(
  world: Pick<World, 'secret' | 'database'>,
  before: (headers: Headers | undefined) => Promise<unknown> = async () => undefined,
) {
  return betterAuth({
    baseURL: BASE_URL,
    secret: world.secret,
    trustedOrigins: [ORIGIN],
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: world.database.pool,
    emailAndPassword: { enabled: true },
    hooks: {
      before: createAuthMiddleware(async ({ path, headers }) => {
        if (path === '/list-sessions') await before(headers)
      }),
    },
    plugins: [
      {
        id: 'slow',
        endpoints: {
          slow: createAuthEndpoint(
            '/slow',
            { method: 'GET' },
            async () => new Response(slowly(), { status: 200 }),
          ),
          refuse: createAuthEndpoint(
            '/refuse',
            { method: 'GET' },
            async () =>
              new Response(slowly(), { status: 400, headers: { 'content-type': 'application/json' } }),
          ),
        },
      },
    ],
  })
}

/** Each chunk is made when the one before was taken. */
export const made = { chunks: 0 }

function slowly(): ReadableStream<Uint8Array> {
  made.chunks = 0
  return new ReadableStream(
    {
      pull(controller) {
        if (made.chunks === STREAMED) return controller.close()
        made.chunks += 1
        controller.enqueue(new TextEncoder().encode(CHUNK))
      },
    },
    { highWaterMark: 0 },
  )
}
