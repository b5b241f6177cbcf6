import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commandOutput } from '../support/command-output.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const COMPILE_MS = 100_000

/** What stands around each snippet in an application, by the heading that it is under. */
const surroundings: Readonly<Record<string, string>> = {
  'Counting what real users meet': '',
  Hono: `import { Hono } from 'hono'
    const app = new Hono()
    declare function membershipOf(userId: string, slug: string | undefined): Promise<{ id: string } | null>`,
  Express: `import type { RequestListener, Server } from 'node:http'
    declare const app: { all(path: string, handler: RequestListener): void }
    declare const server: Server`,
  'Next.js': '',
  'When the wrapper cannot be used everywhere': `import { apiKey } from '@better-auth/api-key'
    import { betterAuth } from 'better-auth'
    import { organization } from 'better-auth/plugins'
    declare const push: { url: string; token: string }`,
  Attestation: `import { Hono } from 'hono'
    import { auth } from './auth.js'
    const app = new Hono()`,
}

/** If the types of these were lost, every snippet would do. */
const CONTROL = `import { auth, recordAuthFailure } from './auth.js'
// @ts-expect-error: it is no reason
recordAuthFailure('no_reason')
// @ts-expect-error: there is no such call
auth.api.getNothing()
`

test('what applications are told to write is what the compiler takes', async () => {
  const snippets = snippetsOf(await readFile(join(PROJECT, 'docs', 'instrument.md'), 'utf8'))
  expect([...snippets.keys()]).toEqual(Object.keys(surroundings))
  expect(await readFile(join(PROJECT, 'README.md'), 'utf8')).toContain(
    snippets.get('Counting what real users meet'),
  )
  await mkdir(join(PROJECT, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(PROJECT, '.cache', 'readme-'))
  try {
    const paths = {
      'authwatch/better-auth': [join(PROJECT, 'src/instrument/better-auth.ts')],
      '@/lib/auth': ['./auth.ts'],
    }
    const compilerOptions = { paths, noUnusedLocals: false }
    const tsconfig = { extends: join(PROJECT, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
    await writeFile(join(folder, 'control.ts'), CONTROL)
    for (const [index, [heading, snippet]] of [...snippets].entries()) {
      const file = index === 0 ? 'auth.ts' : `snippet-${index}.ts`
      await writeFile(join(folder, file), `${surroundings[heading]}\n${snippet}`)
    }
    const { code, output } = await commandOutput({
      command: join(PROJECT, 'node_modules', '.bin', 'tsc'),
      args: ['-p', folder, '--pretty', 'false'],
      timeoutMs: COMPILE_MS,
    })
    expect({ code, output }).toEqual({ code: 0, output: '' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)

/** The TypeScript about events, by heading. */
function snippetsOf(guide: string): ReadonlyMap<string, string> {
  const sections = guide.split(/^##? /m).flatMap((section) => {
    const code = [...section.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, snippet = '']) => snippet)
    return code.length === 0 ? [] : [[section.split('\n', 1)[0] ?? '', code.join('\n')] as const]
  })
  return new Map(sections)
}
