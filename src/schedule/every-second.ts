import { schedule } from 'node-cron'

/** How far the wall clock and the timer may part before we call it a step; NTP's slewing stays far below. */
const STEP_MS = 1_500
const LOOK_FOR_STEPS_MS = 100

/**
 * Calls `look` at every full second, and at once. node-cron follows the wall clock: set back, it waits until the old
 * time has come again; set forward (a machine that slept), it walks through every second that was left out. So it is
 * started anew when the wall clock steps.
 */
export function everySecond(look: () => void): Disposable {
  const start = () =>
    schedule('* * * * * *', look, { timezone: 'UTC', noOverlap: true, suppressMissedWarning: true })
  const offset = () => Date.now() - performance.now()
  let task = start()
  let known = offset()
  const stepsWatch = setInterval(() => {
    if (Math.abs(offset() - known) < STEP_MS) return
    known = offset()
    void task.destroy()
    task = start()
    look()
  }, LOOK_FOR_STEPS_MS)
  look()
  return {
    [Symbol.dispose]: () => {
      clearInterval(stepsWatch)
      void task.destroy()
    },
  }
}
