import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing. Node's own way never ends where the file system says of a folder
 * that exists that nothing can be made in it, as /proc does (Node 20 to 24).
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = []
  let above = path
  while (!(await exists(above)) && dirname(above) !== above) {
    missing.unshift(above)
    above = dirname(above)
  }
  for (const folder of missing) {
    await mkdir(folder).catch((cause: NodeJS.ErrnoException) => {
      // Somebody else made it just now.
      if (cause.code !== 'EEXIST') throw cause
    })
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
