import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

const deflate = promisify(deflateRaw)

/** Compressed once, put before something new many times. */
export interface DeflatedPart {
  readonly bytes: Buffer
  readonly crc: number
  readonly length: number
}

// RFC 1952 §2.3: magic, deflate, no flags, no time, no extra flags, unknown system.
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

/** Ends on a byte and at a full flush, so that what follows neither shares a byte with it nor refers back to it. */
export async function deflatePart(plain: Buffer): Promise<DeflatedPart> {
  const bytes = await deflate(plain, { finishFlush: constants.Z_FULL_FLUSH })
  return { bytes, crc: crc32(plain), length: plain.length }
}

/** One gzip member of both: two members would be as valid, but curl and others stop after the first. */
export async function gzipParts(first: DeflatedPart, rest: Buffer): Promise<Buffer<ArrayBuffer>> {
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(rest, first.crc), 0)
  trailer.writeUInt32LE((first.length + rest.length) % 2 ** 32, 4)
  return Buffer.concat([HEADER, first.bytes, await deflate(rest), trailer])
}
