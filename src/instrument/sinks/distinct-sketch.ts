import { createHmac, hkdfSync } from 'node:crypto'
import { SKETCH_PRECISION } from '../../events/batch.ts'

const REGISTERS = 2 ** SKETCH_PRECISION
/** Of the hash's first 32 bits, those that are not spent on the register. */
const HIGH_BITS = 32 - SKETCH_PRECISION

/** Values, of which only their number can be told again, and that about: within 2 %, two times of three. */
export interface DistinctSketch {
  add(value: string): void
  /** The registers as base64; undefined when nothing was added. */
  encode(): string | undefined
  clear(): void
}

/** A key under which all servers that share the ingest token hash a value alike, and nobody else can. */
export function sketchKey(token: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', token, '', 'authwatch distinct values', 32))
}

/**
 * A HyperLogLog: a value's hash chooses a register, which keeps the greatest position of the first 1 in the rest
 * of the hash. The union of two is the greater of each register, so it can be merged over servers and time.
 */
export function createSketch(key: Uint8Array): DistinctSketch {
  const registers = new Uint8Array(REGISTERS)
  let isEmpty = true
  return {
    add(value) {
      const hash = createHmac('sha256', key).update(value).digest()
      const high = hash.readUInt32BE(0)
      const register = high >>> HIGH_BITS
      registers[register] = Math.max(registers[register] ?? 0, rankOf(high, hash.readUInt32BE(4)))
      isEmpty = false
    },
    encode: () => (isEmpty ? undefined : Buffer.from(registers).toString('base64')),
    clear() {
      registers.fill(0)
      isEmpty = true
    },
  }
}

/** The position, from 1, of the first 1 after the bits of the register; one more than there are when there is none. */
function rankOf(high: number, low: number): number {
  const rest = (high << SKETCH_PRECISION) >>> 0
  return rest === 0 ? HIGH_BITS + Math.clz32(low) + 1 : Math.clz32(rest) + 1
}
