import { addressReader } from './attempt-of.ts'
import type { AuthContextLike, AuthOptionsLike } from './auth-like.ts'
import { authSetup } from './auth-setup.ts'
import { isCountedElsewhere, PLUGIN_ID } from './counted-once.ts'
import type { InstrumentOptions } from './instrument-options.ts'
import { propertyOf, textOf } from './json-copy.ts'
import { observeAttempt } from './observe-handler.ts'
import { type Counting, type CountingControls, openCounting } from './open-counting.ts'
import { judgeResult, judgeThrown } from './verdict/judge-call.ts'
import { judgeResponse } from './verdict/judge-response.ts'
import { type Asked, operationOfName, operationOfPath, pathBelow } from './verdict/operation-of-path.ts'

/** The context of a request or a call. */
type PluginContext = AuthContextLike & { readonly options: AuthOptionsLike }

/** A plugin as better-auth wants it, with what an application does with its counting. */
export interface AuthwatchPlugin extends CountingControls {
  readonly id: typeof PLUGIN_ID
  onRequest(request: Request, context: PluginContext): Promise<void>
  onResponse(response: Response, context: PluginContext): Promise<void>
  readonly hooks: {
    after: { matcher(): boolean; handler(input: object): Promise<Record<string, never>> }[]
  }
}

interface Begun {
  readonly request: Request
  readonly asked: Asked
  readonly began: number
}

/**
 * The fallback for an application that cannot use {@link instrument} everywhere: one line, the last, in `plugins`.
 * Together with `instrument` it counts nothing twice.
 *
 * better-auth does not show a plugin everything. It does not see:
 * - requests that better-auth's own limiter refuses (429): none of them
 * - calls of `auth.api` that fail before the endpoint runs, such as `getSession` with an invalid API key
 * - calls of `auth.api` whose answer an earlier plugin's hook replaced by throwing
 * - handler calls that throw (`onAPIError.throw`)
 * - how long calls of `auth.api` take: they are counted, and are not in the histogram
 * - which providers are configured: name them in `providers` to have their callbacks counted apart
 */
export function authwatchPlugin(options: InstrumentOptions): AuthwatchPlugin {
  const counting = openCounting(options, {})
  const begun = new WeakMap<object, Begun>()
  return {
    id: PLUGIN_ID,
    ...counting.controls,
    async onRequest(request: Request, context: PluginContext): Promise<void> {
      if (isCountedElsewhere('request')) return
      counting.recorder.guard(() => {
        const path = pathBelow(authSetup(context, context.options).basePath, request.url)
        const asked = operationOfPath(path, counting.providers)
        begun.set(context, { request, asked, began: performance.now() })
        const clientAddress = addressReader(options, context.options)
        observeAttempt(request, asked, { recorder: counting.recorder, clientAddress })
      })
    },
    async onResponse(response: Response, context: PluginContext): Promise<void> {
      const found = begun.get(context)
      if (found === undefined) return
      counting.recorder.guard(() => recordResponse(response, found, { counting, context }))
    },
    hooks: {
      after: [{ matcher: () => true, handler: afterCall(counting) }],
    },
  }
}

function recordResponse(
  response: Response,
  { request, asked, began }: Begun,
  { counting, context }: { readonly counting: Counting; readonly context: PluginContext },
): void {
  counting.recorder.record({
    operation: asked.operation,
    seconds: (performance.now() - began) / 1_000,
    verdict: judgeResponse(response, { asked, request, setup: authSetup(context, context.options) }),
  })
}

function afterCall({ recorder, providers }: Counting) {
  return async (input: object): Promise<Record<string, never>> => {
    const context = propertyOf(input, 'context')
    // Of a request there is an answer, which says more.
    const isRequest = propertyOf(input, 'request') !== undefined
    if (isRequest || isCountedElsewhere('call') || !isPluginContext(context)) return {}
    recorder.guard(() => {
      const returned = propertyOf(context, 'returned')
      const asked = askedOf(textOf(input, 'path'), returned, providers)
      // Of what a hook is given, only the headers are the caller's.
      const caller = { headers: propertyOf(input, 'headers') }
      const call = { asked, input: caller, setup: authSetup(context, context.options) }
      // A hook is shown what the endpoint answers: an error is returned and not thrown.
      const verdict = returned instanceof Error ? judgeThrown(returned, call) : judgeResult(returned, call)
      recorder.record({ operation: asked.operation, verdict, seconds: undefined })
    })
    return {}
  }
}

/** A hook's types are better-auth's own; this is what is used of them. */
function isPluginContext(context: unknown): context is PluginContext {
  const cookie = propertyOf(propertyOf(context, 'authCookies'), 'sessionToken')
  const hasOptions = typeof propertyOf(context, 'options') === 'object'
  return hasOptions && textOf(cookie, 'name') !== undefined && textOf(context, 'secret') !== undefined
}

/** An endpoint without a path is not named to a hook either; that of API keys is known by what it answers. */
function askedOf(path: string | undefined, returned: unknown, providers: Counting['providers']): Asked {
  const hasPath = path !== undefined && path !== '/' && !path.startsWith('/:')
  if (hasPath) return operationOfPath(path, providers)
  const isOfKey =
    typeof propertyOf(returned, 'valid') === 'boolean' && propertyOf(returned, 'key') !== undefined
  return operationOfName(isOfKey ? 'verifyApiKey' : '')
}
