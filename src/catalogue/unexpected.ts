/** Frames of a stack that tell where to look. */
const MAX_FRAMES = 20
const FRAME = /^\s+at /

/**
 * An error that nobody foresaw, without its words: those of libraries quote URLs, headers and rows, and Node would print
 * its fields and causes besides. Its kind, its code and where it came from are enough to find it.
 */
export function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return `an unexpected ${typeof error} was thrown`
  const { name, message, stack = '' } = error
  // What the system says of a file names the file and nothing in it.
  if ('syscall' in error && 'path' in error) return message
  const code = 'code' in error && typeof error.code === 'string' ? ` ${word(error.code)}` : ''
  // A message may have lines that look like frames.
  const afterwards = stack.slice(stack.indexOf(message) + message.length)
  const frames = afterwards.split('\n').filter((line) => FRAME.test(line))
  return [`unexpected ${word(name)}${code}`, ...frames.slice(0, MAX_FRAMES)].join('\n')
}

function word(text: string): string {
  return /^\w{1,60}$/.test(text) ? text : 'error'
}
