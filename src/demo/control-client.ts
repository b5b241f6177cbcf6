import { z } from 'zod'
import { withTimeoutSignal } from '../servers/with-timeout-signal.ts'
import { ControlError } from './control-error.ts'
import { controlDirectory, findDemo } from './control-file.ts'
import { FaultError } from './faults/fault-error.ts'

/** Longer than a fault that restarts every server takes. */
const TIMEOUT_MS = 90_000

const faultStateSchema = z.object({ id: z.string(), title: z.string(), on: z.boolean() })
const listSchema = z.object({ faults: z.array(faultStateSchema) })
const failureSchema = z.object({ code: z.string(), message: z.string() })

export type FaultState = Readonly<z.infer<typeof faultStateSchema>>

/** The demo that this user has running. */
export interface DemoControl {
  /** All there are. */
  list(): Promise<readonly FaultState[]>
  /** @throws FaultError when there is no such fault; ControlError when the demo did not do it */
  switch(fault: { readonly id: string; readonly on: boolean }): Promise<FaultState>
}

export interface FindDemoOptions {
  /** Gives up waiting; the demo goes on with what it was asked. */
  readonly signal: AbortSignal
  /** Default: {@link controlDirectory}. */
  readonly directory?: string | undefined
}

/** @throws ControlError `ERR_NO_DEMO` when none is running */
export async function openDemoControl({ signal, directory }: FindDemoOptions): Promise<DemoControl> {
  const control = await findDemo(directory ?? controlDirectory())
  if (control === undefined) throw noDemo()
  const ask = async <Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    body?: { readonly on: boolean },
  ): Promise<z.infer<Schema>> => {
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${control.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
    } as const
    return withTimeoutSignal({ signal, ms: TIMEOUT_MS }, async (ending) => {
      const url = `http://127.0.0.1:${control.port}${path}`
      const response = await fetch(url, { ...request, signal: ending }).catch((cause: unknown) => {
        throw new ControlError('ERR_CONTROL_FAILED', 'The demo did not answer; it may have ended.', { cause })
      })
      const answer: unknown = await response.json().catch(() => undefined)
      if (response.ok) return schema.parse(answer)
      throw refusalOf(answer, response.status)
    })
  }
  return {
    list: async () => (await ask('/faults', listSchema)).faults,
    switch: ({ id, on }) => ask(`/faults/${encodeURIComponent(id)}`, faultStateSchema, { on }),
  }
}

function noDemo(): ControlError {
  return new ControlError('ERR_NO_DEMO', 'No demo is running: start `authwatch demo` in another terminal.')
}

function refusalOf(answer: unknown, status: number): Error {
  const failure = failureSchema.safeParse(answer)
  if (!failure.success) return new ControlError('ERR_CONTROL_FAILED', `The demo answered ${status}.`)
  const { code, message } = failure.data
  if (code === 'ERR_FAULT_UNKNOWN') return new FaultError(code, message)
  return new ControlError('ERR_CONTROL_FAILED', message)
}
