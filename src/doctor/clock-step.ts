import { failing, passed, type Step } from './step.ts'

/** As of the probe of the servers' clocks: one step of the codes that authenticator apps show. Seconds. */
const TOLERANCE = 30

/** Compares another clock with this machine's. All are milliseconds since the epoch, `sentAt` and `receivedAt` ours. */
export function clockStep(
  id: string,
  {
    theirs,
    sentAt,
    receivedAt,
  }: { readonly theirs: number; readonly sentAt: number; readonly receivedAt: number },
): Step {
  const ahead = Math.max(0, theirs - receivedAt, sentAt - theirs) / 1000
  const direction = theirs > receivedAt ? 'ahead of' : 'behind'
  if (ahead <= TOLERANCE)
    return passed(id, `agrees with this machine's clock within ${Math.max(1, Math.ceil(ahead))} s`)
  return failing(id, 'warning', {
    seen: `is ${Math.round(ahead)} s ${direction} this machine's clock`,
    advice: 'start time synchronisation on both (`chronyc tracking`)',
  })
}
