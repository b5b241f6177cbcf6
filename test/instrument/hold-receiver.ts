import { startReceiver } from './receiver.ts'

// A receiver in a process of its own, which ends with its parent.

const receiver = await startReceiver()
process.once('disconnect', () => process.exit(0))
process.send?.(receiver.url)
