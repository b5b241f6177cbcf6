import { accountOf } from './attempt-of.ts'
import { headersOf } from './headers-of.ts'
import { propertyOf, textOf } from './json-copy.ts'
import type { Observer } from './observer.ts'
import { type Call, judgeResult, judgeThrown } from './verdict/judge-call.ts'
import { operationOfName, operationOfPath } from './verdict/operation-of-path.ts'
import type { Verdict } from './verdict/verdict.ts'

/** `auth.api` with every function of it counted. Types, results, errors and the functions' own properties stay. */
export function observeApi<Api extends object>(api: Api, observer: Observer): Api {
  const observed: Api = Object.create(Object.getPrototypeOf(api), Object.getOwnPropertyDescriptors(api))
  for (const name of Object.keys(api)) {
    const member: unknown = Reflect.get(api, name)
    if (typeof member !== 'function') continue
    const value = new Proxy(member, {
      apply(target, self, args: readonly unknown[]) {
        const made = { name, path: textOf(target, 'path'), input: args[0], began: performance.now() }
        const result: unknown = observer.countedHere('call', () => Reflect.apply(target, self, args))
        return result instanceof Promise ? observeCall(result, made, observer) : result
      },
    })
    Object.defineProperty(observed, name, { value, writable: true, enumerable: true, configurable: true })
  }
  return observed
}

interface Made {
  readonly name: string
  /** The route's, for those that have one. */
  readonly path: string | undefined
  readonly input: unknown
  readonly began: number
}

async function observeCall(result: Promise<unknown>, made: Made, observer: Observer): Promise<unknown> {
  let value: unknown
  try {
    value = await result
  } catch (error) {
    await record(made, observer, (call) => judgeThrown(error, call))
    throw error
  }
  await record(made, observer, (call) => judgeResult(value, call))
  return value
}

async function record(
  { name, path, input, began }: Made,
  { recorder, providers, clientAddress, setup }: Observer,
  judge: (call: Call) => Verdict | Promise<Verdict>,
): Promise<void> {
  const seconds = (performance.now() - began) / 1_000
  const known = setup()
  const ready = known instanceof Promise ? await known : known
  recorder.guard(() => {
    const asked = path === undefined ? operationOfName(name) : operationOfPath(filled(path, input), providers)
    const verdict = judge({ asked, input, setup: ready })
    recorder.record({ operation: asked.operation, verdict, seconds })
    if (asked.isAttempt && recorder.wantsAttempts) {
      const source = clientAddress(headersOf(input))
      recorder.attempt({ source, account: accountOf(propertyOf(input, 'body')) })
    }
  })
}

/** A route's path with its parameters as the caller gave them, such as the provider's id. */
function filled(path: string, input: unknown): string {
  return path.replace(/:(\w+)/g, (whole, name: string) => textOf(propertyOf(input, 'params'), name) ?? whole)
}
