import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { catalogue } from '../../src/commands/catalogue.ts'
import { program } from '../../src/commands/program/program.ts'
import { findOnPath } from '../support/find-on-path.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authwatch-completion-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The command line without a process, and what it printed. */
function commandLine() {
  let printed = ''
  const terminal = {
    ...{ env: {}, cwd: '/', colours: false, interactive: false, stop: new AbortController().signal },
    ...{ err: () => {}, ask: async () => '', read: async () => '' },
    out: (text: string) => {
      printed += text
    },
  }
  const root = program({ terminal, exit: () => {}, takeSignals: () => {} })
  return { root, printed: () => printed }
}

async function script(shell: string): Promise<string> {
  const { root, printed } = commandLine()
  await root.parseAsync(['completion', shell], { from: 'user' })
  return printed()
}

/** What a real bash offers for these words, of which the last is being typed. */
async function offered(...lines: readonly (readonly string[])[]): Promise<readonly (readonly string[])[]> {
  const source = await script('bash')
  const asking = lines.map((words) => {
    const quoted = ['authwatch', ...words].map((word) => `'${word}'`).join(' ')
    return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; COMPREPLY=(); "$function"; echo "\${COMPREPLY[*]}"`
  })
  const text = [
    source,
    source,
    'function=$(complete -p authwatch | sed "s/.*-F \\([^ ]*\\) .*/\\1/")',
    ...asking,
  ]
  const file = join(folder, 'ask.bash')
  await writeFile(file, text.join('\n'))
  const run = promisify(execFile)('bash', ['--norc', file], { cwd: folder, timeout: 20_000 })
  const { stdout, stderr } = await run
  expect(stderr).toBe('')
  return stdout
    .split('\n')
    .slice(0, lines.length)
    .map((line) => line.split(' ').filter(Boolean))
}

test('bash completes commands, options, check ids and choices', async () => {
  const answers = await offered(
    ['f'],
    ['findings', 'd'],
    ['findings', 'diff', '--'],
    ['findings', '--check', 'session.user_'],
    ['--config', 'x.yaml', 'token', ''],
    // The value of an option is no subcommand, whatever it is.
    ['waive', '--reason', 'list', '--u'],
    ['fix', 'session.user_'],
    ['check', 'session.user_'],
    ['completion', ''],
    ['findings', '--since', ''],
  )
  expect(answers).toEqual([
    ['findings', 'fix'],
    ['diff'],
    ['--since', '--check', '--target', '--json', '--help'],
    ['session.user_banned', 'session.user_missing'],
    ['mint', 'inspect'],
    ['--until'],
    ['session.user_banned', 'session.user_missing'],
    ['session.user_banned', 'session.user_missing'],
    ['bash', 'zsh', 'fish'],
    [],
  ])
  const [all] = await offered(['findings', '--check', ''])
  expect(all).toEqual(catalogue.map(({ id }) => id))
})

test('nothing that was typed is run by completing it', async () => {
  await offered(['findings', '--check', '$(touch evil)'], ['$(touch evil)', ''], ['`touch evil`', 'f'])
  expect(await readdir(folder)).toEqual(['ask.bash'])
})

test.for(['zsh', 'fish'])('%s takes its script', async (shell, { skip }) => {
  const path = await findOnPath(shell)
  if (path === undefined) return skip(`there is no ${shell}`)
  const file = join(folder, `script.${shell}`)
  await writeFile(file, await script(shell))
  await promisify(execFile)(path, ['-n', file], { timeout: 20_000 })
})

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

test('the help of every command that does something has examples, which are spelled as it is', () => {
  const { root, printed } = commandLine()
  const texts = everyCommand(root).map((command) => {
    const before = printed().length
    command.outputHelp()
    const names: string[] = []
    for (let each: Command | null = command; each !== null; each = each.parent) names.unshift(each.name())
    return { name: names.join(' '), text: printed().slice(before), does: command.commands.length === 0 }
  })
  expect(texts.length).toBeGreaterThan(20)
  const bare = texts.filter(({ text, does }) => does && !text.includes('\nExamples:\n'))
  expect(bare.map(({ name }) => name)).toEqual([])
  const foreign = texts.filter(({ name, text, does }) => does && !text.split('Examples:')[1]?.includes(name))
  expect(foreign.map(({ name }) => name)).toEqual([])
})
