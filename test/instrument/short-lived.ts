import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { instrument } from '../../src/instrument/better-auth.ts'

// An application that does a little and has nothing left to do. Whether it closes its counting is its argument.

const [url = '', token = '', ending] = process.argv.slice(2)
const { auth, close } = instrument(
  betterAuth({
    baseURL: 'https://api.example.com',
    secret: 's'.repeat(32),
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  }),
  { server: 'crm-a', push: { url, token, intervalMs: 10 } },
)
await auth.handler(new Request('https://api.example.com/api/auth/get-session'))
// As a server's last keep-alive connection would.
await new Promise((resolve) => setTimeout(resolve, 200))
if (ending === 'close') process.stdout.write(String(await close()))
