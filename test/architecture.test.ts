import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** Which rooms a room may import from. `commands` puts everything together, so it may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  catalogue: [],
  database: ['catalogue'],
  checks: ['catalogue', 'database/sql.ts'],
  scan: ['catalogue', 'database'],
  servers: ['catalogue'],
  probes: ['catalogue', 'servers'],
  run: ['catalogue', 'database', 'scan', 'servers'],
  fix: ['catalogue', 'database', 'scan'],
  doctor: ['catalogue', 'database', 'results', 'run'],
  results: ['catalogue'],
  schedule: ['catalogue', 'scan', 'run', 'results'],
  events: ['catalogue', 'results'],
  instrument: ['events/vocabulary.ts', 'events/series.ts', 'events/batch.ts'],
  metrics: ['catalogue', 'results', 'events', 'schedule/worker-status.ts'],
  http: ['catalogue', 'results', 'events', 'metrics', 'schedule/worker-status.ts'],
  diagnose: ['catalogue', 'database', 'servers', 'run', 'fix'],
  completion: [],
  config: ['catalogue', 'database'],
  generate: ['catalogue', 'checks', 'config', 'events/vocabulary.ts'],
  embedded: [],
  demo: ['embedded', 'instrument', 'servers/with-timeout-signal.ts'],
}

const src = fileURLToPath(new URL('../src/', import.meta.url))

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(src, file), 'utf8')
  const relatives = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) => path ?? '')
  return relatives.map((path) => relative(src, join(src, dirname(file), path)))
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.includes('generated'),
)
const roomOf = (file: string): string => file.split('/')[0] ?? ''

test('every room is known to this test', () => {
  const rooms = new Set(files.filter((file) => file.includes('/')).map(roomOf))
  expect([...rooms].filter((room) => room !== 'commands' && !(room in MAY_IMPORT))).toEqual([])
})

test('every room is told of in the document', () => {
  const table = readFileSync(join(src, '../docs/architecture.md'), 'utf8').match(/^\| `.*$/gm) ?? []
  const told = table.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, room]) => room),
  )
  expect(told.toSorted()).toEqual([...Object.keys(MAY_IMPORT), 'commands'].toSorted())
})

test('imports run one way', () => {
  const wrong = files
    .filter((file) => roomOf(file) in MAY_IMPORT)
    .flatMap((file) => {
      const allowed = [roomOf(file), ...(MAY_IMPORT[roomOf(file)] ?? [])]
      const strangers = importsOf(file).filter(
        (path) => !allowed.some((each) => path === each || path.startsWith(`${each}/`)),
      )
      return strangers.map((path) => `${file} → ${path}`)
    })
  expect(wrong).toEqual([])
})

/** Inside a diagnosis: what is known, how it is judged, in which order that is asked. */
const DIAGNOSE_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  plans: [],
  facts: [],
  causes: [],
  looks: ['plans', 'facts', 'causes'],
  questions: ['plans', 'facts', 'causes', 'looks'],
}

test('a diagnosis is made from facts to looks to questions', () => {
  const inside = files.flatMap((file) => {
    const [, room] = /^diagnose\/(\w+)\//.exec(file) ?? []
    return room === undefined ? [] : [{ file, room }]
  })
  expect([...new Set(inside.map(({ room }) => room))].toSorted()).toEqual(
    Object.keys(DIAGNOSE_MAY_IMPORT).toSorted(),
  )
  const wrong = inside.flatMap(({ file, room }) =>
    importsOf(file)
      .filter((path) => /^diagnose\/\w+\//.test(path))
      .filter((path) => ![room, ...(DIAGNOSE_MAY_IMPORT[room] ?? [])].includes(path.split('/')[1] ?? ''))
      .map((path) => `${file} → ${path}`),
  )
  expect(wrong).toEqual([])
})

test('only the configuration reads the environment of the process', () => {
  const readers = files.filter((file) => /process\.env\b/.test(readFileSync(join(src, file), 'utf8')))
  // The demo's servers are processes of their own and get their environment from the fleet.
  // An application that is asked for its settings in force tells its own NODE_ENV.
  const others = readers.filter((file) => !file.startsWith('demo/'))
  expect(others).toEqual(['instrument/attestation/attested-settings.ts'])
})

test('nothing is used that Node 20 lacks although the types know it', () => {
  const newer = /\b(AsyncDisposableStack|DisposableStack|Map\.groupBy|Object\.groupBy|URL\.parse|globSync)\b/
  expect(files.filter((file) => newer.test(readFileSync(join(src, file), 'utf8')))).toEqual([])
})

test('no timeout is handed to AbortSignal.any, which forgets it when garbage is collected', () => {
  const forgets = (file: string) => /AbortSignal\.any\(/.test(readFileSync(join(src, file), 'utf8'))
  expect(files.filter(forgets)).toEqual([])
})

test('what is exported is imported somewhere', () => {
  const root = join(src, '..')
  const everywhere = ['src', 'test', 'bench', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  )
  const imported = new Set(
    everywhere.flatMap((text) =>
      [...text.matchAll(/(?:import|export) (?:type )?\{([^}]*)\} from|\{([^}]*)\} = await import/g)].flatMap(
        ([, names, awaited]) => (names ?? awaited ?? '').match(/\w+/g) ?? [],
      ),
    ),
  )
  // Errors are caught by code, and what a whole module is taken for is not taken by name.
  const isError = /Error$/
  const unused = files
    .filter((file) => file !== 'demo/snake-case.ts')
    .flatMap((file) => {
      const text = readFileSync(join(src, file), 'utf8')
      const names = [...text.matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)]
      return names.flatMap(([, name = '']) =>
        imported.has(name) || isError.test(name) ? [] : `${file}: ${name}`,
      )
    })
  expect(unused).toEqual([])
})
