import { existsSync } from 'node:fs'
import { cp, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** As much of esbuild as is used here: it is not among this project's libraries. */
const esbuild = z.object({ build: z.function({ input: [z.unknown()], output: z.promise(z.unknown()) }) })

const PAGE = fileURLToPath(new URL('page', import.meta.url))

/** Makes the page that draws a board; resolves with its path. */
export async function bundlePage(options: {
  /** Folder in whose `node_modules` the components and esbuild are. */
  readonly modules: string
  readonly directory: string
}): Promise<string> {
  const { modules, directory } = options
  const { build } = esbuild.parse(createRequire(join(modules, 'package.json'))('esbuild'))
  // Beside the components: here it would find another React among this project's libraries.
  const beside = join(modules, 'page')
  await cp(PAGE, beside, { recursive: true })
  await build({
    entryPoints: [join(beside, 'board.jsx')],
    outfile: join(directory, 'board.js'),
    bundle: true,
    format: 'iife',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    mainFields: ['browser', 'module', 'main'],
    loader: {
      '.ttf': 'dataurl',
      '.woff': 'dataurl',
      '.woff2': 'dataurl',
      '.svg': 'dataurl',
      '.png': 'dataurl',
    },
    logLevel: 'error',
    plugins: [babelHelpers(modules)],
  })
  const html = join(directory, 'board.html')
  const styles = existsSync(join(directory, 'board.css')) ? '<link rel="stylesheet" href="board.css">' : ''
  await writeFile(
    html,
    `<!doctype html><meta charset="utf-8">${styles}<div id="board"></div><script src="board.js"></script>`,
  )
  return html
}

/** The components ask for helpers in the form of CommonJS, which do not fit modules. */
function babelHelpers(modules: string) {
  const folder = join(modules, 'node_modules/@babel/runtime/helpers/esm')
  return {
    name: 'babel-helpers',
    setup(build: {
      onResolve(on: { filter: RegExp }, resolve: (asked: { path: string }) => { path: string }): void
    }) {
      build.onResolve({ filter: /^@babel\/runtime\/helpers\/[a-zA-Z]+$/ }, ({ path }) => ({
        path: join(folder, `${path.split('/').at(-1)}.js`),
      }))
    },
  }
}
