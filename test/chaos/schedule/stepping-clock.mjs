// Loaded before a worker (`node --import`): its wall clock differs from the machine's by the milliseconds that the file
// CHAOS_CLOCK holds, and follows it within a tenth of a second. All of JavaScript in the process sees that clock; the
// monotonic timers go on, as they do when a real clock steps.
import { readFileSync } from 'node:fs'

const LOOK_MS = 100
const path = process.env.CHAOS_CLOCK
const RealDate = Date
let offset = 0

const look = () => {
  try {
    offset = Number(readFileSync(path, 'utf8')) || 0
  } catch {
    offset = 0
  }
}
const now = () => RealDate.now() + offset

if (path !== undefined) {
  look()
  setInterval(look, LOOK_MS).unref()
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  })
}
