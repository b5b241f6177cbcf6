import { spawnSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commandOutput } from '../../support/command-output.ts'
import { workerFolder } from '../../support/worker.ts'

const SIZE_MIB = 160
const TIMEOUT_MS = 10_000

/** A disk of its own that is small enough to be filled. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Leaves no room, to the last byte. */
  fill(): Promise<void>
  /** Takes away what filled it. */
  clear(): Promise<void>
}

/** A mounted tmpfs; undefined where that is not allowed. */
export async function smallDisk(): Promise<SmallDisk | undefined> {
  const folder = await workerFolder('authwatch-disk-')
  const args = ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m,mode=0755`, 'tmpfs', folder.path]
  const mounted = await commandOutput({ command: 'mount', args, timeoutMs: TIMEOUT_MS }).catch(
    () => undefined,
  )
  if (mounted?.code !== 0) {
    await folder[Symbol.asyncDispose]()
    return undefined
  }
  // A mount outlives a process that ends by an error which nobody caught.
  const unmount = () => void spawnSync('umount', ['-l', folder.path], { timeout: TIMEOUT_MS })
  process.once('exit', unmount)
  const ballast = join(folder.path, 'ballast')
  const clear = () => rm(ballast, { force: true })
  return {
    path: folder.path,
    clear,
    async fill() {
      const piece = Buffer.alloc(64 * 1024)
      // Twice what fits: it ends at the first piece that does not.
      for (let left = SIZE_MIB * 2 * 16; left > 0; left -= 1) {
        const written = await writeFile(ballast, piece, { flag: 'a' }).then(
          () => true,
          () => false,
        )
        if (!written) return
      }
      throw new Error(`${folder.path} could not be filled`)
    },
    async [Symbol.asyncDispose]() {
      await clear()
      unmount()
      process.off('exit', unmount)
      await folder[Symbol.asyncDispose]()
    },
  }
}
