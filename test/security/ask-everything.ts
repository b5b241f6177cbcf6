import { connect } from 'node:net'
import { catalogue } from '../../src/commands/catalogue.ts'

const TIMEOUT_MS = 10_000
const PATHS = ['/', '/metrics', '/healthz', '/readyz', '/runbook', '/ingest', '/nowhere']

export interface Asking {
  readonly url: string
  /** Comes along wherever a client may put something. */
  readonly secret: string
  /** With which `/ingest` reads the body. */
  readonly ingestToken: string
  readonly authorization?: string
}

/** Asks a worker for all that it serves and some that it does not, and answers with every byte that came back. */
export async function askEverything(asking: Asking): Promise<string> {
  const { url, secret, ingestToken } = asking
  const headers = {
    cookie: `better-auth.session_token=${secret}; session=${secret}`,
    authorization: asking.authorization ?? `Bearer ${secret}`,
    'x-api-key': secret,
    'user-agent': secret,
    referer: `http://127.0.0.1/?token=${secret}`,
  }
  const pages = catalogue.map(({ id }) => `/checks/${id}`)
  const requests = [
    ...[...PATHS, ...pages, `/checks/${secret}`, `/${secret}`].map((path) => get(`${path}?token=${secret}`)),
    get('/metrics', { accept: `application/openmetrics-text; version=1.0.0; x=${secret}` }),
    post('/', secret),
    post('/ingest', `{"token":"${secret}"}`),
    post('/ingest', `{"token":"${secret}"`, { authorization: `Bearer ${ingestToken}` }),
    post('/ingest', JSON.stringify({ [secret]: secret }), { authorization: `Bearer ${ingestToken}` }),
  ]
  const answers: string[] = []
  for (const { path, init } of requests) {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const answer = await fetch(url + path, { ...init, headers: { ...headers, ...init.headers }, signal })
    answers.push(`${answer.status} ${JSON.stringify([...answer.headers])}`, await answer.text())
  }
  const { hostname, port } = new URL(url)
  const nonsense = `GET /?token=${secret} HTTP/9.9\r\nAuthorization: Bearer ${secret}\r\n\r\n`
  answers.push(await rawAnswer({ host: hostname, port: Number(port) }, nonsense))
  return answers.join('\n')
}

interface Request {
  readonly path: string
  readonly init: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
  }
}

const get = (path: string, headers = {}): Request => ({ path, init: { method: 'GET', headers } })
const post = (path: string, body: string, headers = {}): Request => ({
  path,
  init: { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body },
})

/** What is no HTTP is answered by the server below the routes. */
async function rawAnswer(
  at: { readonly host: string; readonly port: number },
  text: string,
): Promise<string> {
  const socket = connect(at)
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy())
  socket.end(text)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}
