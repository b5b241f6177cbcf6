/** A stretch of time, milliseconds since the epoch; `to` is infinite while it lasts. */
export interface Window {
  readonly from: number
  to: number
}

/** Opens a window at the end of the list, and gives what closes it. */
export function openWindow<W extends Window>(windows: W[], window: W): () => void {
  windows.push(window)
  return () => {
    window.to = Math.min(window.to, Date.now())
  }
}

export function meets(span: Readonly<Window>, windows: readonly Readonly<Window>[]): boolean {
  return windows.some(({ from, to }) => from <= span.to && span.from <= to)
}

/** Milliseconds of the span that no window covers. */
export function uncoveredMs(span: Readonly<Window>, windows: readonly Readonly<Window>[]): number {
  let at = span.from
  let uncovered = 0
  for (const { from, to } of windows.toSorted((a, b) => a.from - b.from)) {
    if (to <= at) continue
    if (from >= span.to) break
    uncovered += Math.max(0, from - at)
    at = Math.min(span.to, to)
  }
  return uncovered + Math.max(0, span.to - at)
}

/** When all of the lists have a window open at once. */
export function common(lists: readonly (readonly Readonly<Window>[])[]): readonly Window[] {
  const [first = [], ...rest] = lists
  return rest.reduce<readonly Readonly<Window>[]>(
    (shared, list) =>
      shared.flatMap((a) =>
        list
          .map((b) => ({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }))
          .filter(({ from, to }) => from < to),
      ),
    first,
  )
}
