/** Moves this process's clock: every `new Date()` and `Date.now()` from now on, in all libraries. */
export function shiftClock(offsetMs: number): void {
  if (offsetMs === 0) return
  const now = () => RealDate.now() + offsetMs
  const RealDate = Date
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given: unknown[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver) => (property === 'now' ? now : Reflect.get(target, property, receiver)),
  })
}
