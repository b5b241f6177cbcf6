import { accountOf } from './attempt-of.ts'
import { copyJson, readJson } from './json-copy.ts'
import type { Observer } from './observer.ts'
import { judgeResponse } from './verdict/judge-response.ts'
import { type Asked, OTHER, operationOfPath, pathBelow } from './verdict/operation-of-path.ts'
import { EXCEPTION } from './verdict/verdict.ts'

/** A sign-in has some 100 bytes. */
const MAX_BODY_BYTES = 16 * 1_024

/** Asked of a handler, also by another copy of this package. */
const OBSERVED = Symbol.for('authwatch.observed')

export type Handler = (request: Request) => Promise<Response>

/**
 * Better-auth's request handler, counted: the answer, its body, its errors and their order in time are those of the
 * handler itself. It sees what no hook sees: requests that were limited, and failures before any hook.
 */
export function observeHandler<H extends Handler>(handler: H, observer: Observer): H {
  const { recorder } = observer
  return new Proxy(handler, {
    get: (target, key, self) => (key === OBSERVED ? true : Reflect.get(target, key, self)),
    async apply(target, self, args: Parameters<H>) {
      const began = performance.now()
      const known = observer.setup()
      const setup = known instanceof Promise ? await known : known
      const [request] = args
      let asked = OTHER
      recorder.guard(() => {
        asked = operationOfPath(pathBelow(setup.basePath, request.url), observer.providers)
        observeAttempt(request, asked, observer)
      })
      const seconds = () => (performance.now() - began) / 1_000
      try {
        const response: Response = await observer.countedHere('request', () =>
          Reflect.apply(target, self, args),
        )
        recorder.guard(() =>
          recorder.record({
            operation: asked.operation,
            seconds: seconds(),
            verdict: judgeResponse(response, { asked, request, setup }),
          }),
        )
        return response
      } catch (error) {
        recorder.guard(() =>
          recorder.record({ operation: asked.operation, seconds: seconds(), verdict: EXCEPTION }),
        )
        throw error
      }
    },
  })
}

/** To be called before anyone reads the request's body. */
export function observeAttempt(
  request: Request,
  asked: Asked,
  { recorder, clientAddress }: Pick<Observer, 'recorder' | 'clientAddress'>,
): void {
  if (!asked.isAttempt || !recorder.wantsAttempts) return
  recorder.attempt({ source: clientAddress(request.headers) })
  const copy = copyJson(request, MAX_BODY_BYTES)
  if (copy === undefined) return
  recorder.attempt(readJson(copy, MAX_BODY_BYTES).then((body) => ({ account: accountOf(body) })))
}

/** Whether a handler is counted already. */
export function isObserved(handler: Handler): boolean {
  return Reflect.get(handler, OBSERVED) === true
}
