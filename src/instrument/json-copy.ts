const READ_TIMEOUT_MS = 5_000

/**
 * Copies a JSON body while that can still be done: before anyone else reads it.
 * @returns undefined when there is no body, or none that can be copied, when it is not JSON, or when it says that it
 * is larger than `maxBytes`
 */
export function copyJson(
  message: Request | Response,
  maxBytes: number,
): ReadableStream<Uint8Array> | undefined {
  const { headers } = message
  if (headers.get('content-type')?.toLowerCase().startsWith('application/json') !== true) return undefined
  if (Number(headers.get('content-length') ?? 0) > maxBytes) return undefined
  try {
    return message.clone().body ?? undefined
  } catch {
    return undefined
  }
}

/**
 * Reads a copied body to its end, or lets go of it: when it is larger than `maxBytes`, and when it has not ended
 * after 5 s. The original flows on either way.
 * @returns undefined when it was let go, or is not JSON after all
 */
export async function readJson(copy: ReadableStream<Uint8Array>, maxBytes: number): Promise<unknown> {
  const reader = copy.getReader()
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), READ_TIMEOUT_MS).unref()
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.byteLength
      if (bytes > maxBytes) {
        reader.cancel().catch(() => {})
        return undefined
      }
      chunks.push(next.value)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** A property of what may have properties. */
export function propertyOf(value: unknown, name: string): unknown {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isObject ? Reflect.get(value, name) : undefined
}

/** A property of what may have properties, when it is text. */
export function textOf(value: unknown, name: string): string | undefined {
  const property = propertyOf(value, name)
  return typeof property === 'string' ? property : undefined
}
