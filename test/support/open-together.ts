/** Takes over what was opened, to close it. */
export type Keep = <T extends AsyncDisposable>(thing: T) => T

/**
 * What `open` makes of things that it opens one after the other. They are closed when the whole is disposed, the last
 * first, and at once when one of them cannot be opened. Node 20 has no AsyncDisposableStack.
 */
export async function openTogether<T extends object>(
  open: (keep: Keep) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const opened: AsyncDisposable[] = []
  const close = async () => {
    for (const thing of opened.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
  }
  try {
    const whole = await open((thing) => {
      opened.push(thing)
      return thing
    })
    return { ...whole, [Symbol.asyncDispose]: close }
  } catch (cause) {
    await close()
    throw cause
  }
}

/** For what is no object that closes itself. */
export function closing(close: () => PromiseLike<unknown>): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => void (await close()) }
}
