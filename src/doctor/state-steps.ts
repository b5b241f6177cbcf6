import { stateAddress } from '../results/state-address.ts'
import { StateError } from '../results/state-error.ts'
import { stateHealth } from '../results/state-health.ts'
import { clockStep } from './clock-step.ts'
import { failing, passed, type Step, unknown } from './step.ts'

/** Whether authwatch's own database answers, fits this release, and can be written to. Changes nothing. */
export async function stateSteps(url: string): Promise<readonly Step[]> {
  try {
    const sentAt = Date.now()
    const { now, pending, unwritable } = await stateHealth(stateAddress(url))
    const receivedAt = Date.now()
    return [
      passed('state.reach', 'the state database answers'),
      migrationsStep(pending),
      unwritable.length === 0
        ? passed('state.rights', 'its tables can be written to')
        : failing('state.rights', 'critical', {
            seen: `the role may not write to ${unwritable.join(', ')}`,
            advice:
              'grant select, insert, update and delete on all tables of the schema; nothing is stored until then',
          }),
      clockStep('clock.state', { theirs: now, sentAt, receivedAt }),
    ]
  } catch (cause) {
    if (!(cause instanceof StateError)) throw cause
    const told = { seen: cause.message, advice: 'workers go on by themselves, and remember nothing' }
    if (cause.code === 'ERR_STATE_QUERY') return [unknown('state.reach', told.seen, told.advice)]
    const id =
      cause.code === 'ERR_STATE_UNREACHABLE' || cause.code === 'ERR_STATE_URL'
        ? 'state.reach'
        : 'state.migrations'
    return [failing(id, 'critical', told)]
  }
}

function migrationsStep(pending: readonly string[]): Step {
  if (pending.length === 0) return passed('state.migrations', 'its tables are those of this release')
  return failing('state.migrations', 'warning', {
    seen: `to be applied: ${pending.join(', ')}`,
    advice: 'the next start of a worker applies them; its role needs the right to create tables',
  })
}
