import { seriesOf } from '../../events/series.ts'
import { callbackOperation, commonOperations, type Provider } from '../../events/vocabulary.ts'
import type { EventSink } from '../auth-event.ts'
import type { InstrumentError } from '../instrument-error.ts'
import type { InstrumentOptions } from '../instrument-options.ts'
import { createPushClient, type PushClient } from './push-client.ts'
import { createRegistrySink } from './registry-sink.ts'

export interface EventSinks {
  readonly all: readonly EventSink[]
  readonly push: PushClient | undefined
}

/** Opens what the options name. The common operations need not be announced to a worker: it knows them. */
export function openSinks(
  { server, registry, push }: InstrumentOptions,
  providers: ReadonlySet<Provider>,
  onError: (error: InstrumentError) => void,
): EventSinks {
  const callbacks = [...providers].map(callbackOperation)
  const client =
    push && createPushClient({ ...push, server, announced: callbacks.flatMap(seriesOf), onError })
  const local =
    registry && createRegistrySink(registry, { server, operations: [...commonOperations, ...callbacks] })
  return { all: [client, local].filter((sink) => sink !== undefined), push: client }
}
