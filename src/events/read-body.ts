import { promisify } from 'node:util'
import { gunzip as gunzipCallback } from 'node:zlib'
import { IngestRefusal } from './ingest-refusal.ts'

const gunzip = promisify(gunzipCallback)

/** As it is sent, and as it is unpacked. A batch of every series there is has some 30 KiB and 300 KiB. */
const MAX_SENT_BYTES = 256 * 1024
const MAX_UNPACKED_BYTES = 2 * 1024 * 1024

/**
 * The body of a request as JSON. Neither reads nor unpacks more than the limits, whatever the headers say.
 * @throws {IngestRefusal}
 */
export async function readBody({ headers, body }: Pick<Request, 'headers' | 'body'>): Promise<unknown> {
  const [type] = (headers.get('content-type') ?? '').split(';')
  if (type?.trim().toLowerCase() !== 'application/json') {
    throw new IngestRefusal(415, 'the body must be application/json')
  }
  const encoding = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  if (encoding !== 'gzip' && encoding !== 'identity') {
    throw new IngestRefusal(415, 'the body must be gzip or not encoded')
  }
  const sent = await collect(body)
  return parse(encoding === 'gzip' ? await unpack(sent) : sent)
}

async function collect(body: Request['body']): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > MAX_SENT_BYTES) throw tooLarge(MAX_SENT_BYTES)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function unpack(sent: Buffer): Promise<Buffer> {
  try {
    return await gunzip(sent, { maxOutputLength: MAX_UNPACKED_BYTES })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(MAX_UNPACKED_BYTES)
    throw new IngestRefusal(400, 'the body is not gzip, or not all of it')
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new IngestRefusal(400, 'the body is not JSON in UTF-8')
  }
}

function tooLarge(limit: number): IngestRefusal {
  return new IngestRefusal(413, `the body has more than ${limit} bytes`)
}
