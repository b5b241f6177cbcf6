import { Argument, type Command, type Option } from 'commander'
import { isDatabaseCheck } from '../../catalogue/check.ts'
import { alertName, subjectOf } from '../../catalogue/naming.ts'
import type { Completable, CompletableOption } from '../../completion/completable.ts'
import { catalogue } from '../catalogue.ts'
import type { CommandContext } from './context.ts'

const HELP = `
The words are in the script, so that completing starts nothing and reads no configuration. Print it anew after an update.

Examples:
  source <(authwatch completion bash)                                  # this shell
  authwatch completion bash > ~/.local/share/bash-completion/completions/authwatch
  authwatch completion zsh > "\${fpath[1]}/_authwatch"
  authwatch completion fish > ~/.config/fish/completions/authwatch.fish
`

const shells = ['bash', 'zsh', 'fish'] as const

/** What arguments and options may be, beside their own choices, by the command's place and the name. */
function knownValues(): Readonly<Record<string, readonly string[]>> {
  const ids: readonly string[] = catalogue.map(({ id }) => id)
  const inside = catalogue.filter(isDatabaseCheck).map(({ id }) => id)
  return {
    'check:id': [...ids, ...new Set(catalogue.map(({ id }) => subjectOf(id)))],
    'fix:check': inside,
    'findings:--check': ids,
    'findings diff:--check': ids,
    'waive:--check': ids,
    'diagnose alert:name': [...catalogue.map(({ id }) => alertName(id)), ...ids],
  }
}

/** How a description writes that a path is wanted. */
const PATH = /<(file|folder|path)>/

function optionOf(
  place: string,
  { short, long, flags, description, required, optional, argChoices }: Option,
): CompletableOption {
  const known = argChoices ?? knownValues()[`${place}:${long}`]
  const value = !required && !optional ? 'none' : (known ?? (PATH.test(flags) ? 'files' : 'unknown'))
  return { flags: [short, long].flatMap((flag) => flag ?? []), about: description, value }
}

/** The command and all below it. Help is an option of each. */
function completables(command: Command, place: string): readonly Completable[] {
  const below = command.commands.filter((each) => each.name() !== 'help')
  const help = command.createHelp()
  const choices = command.registeredArguments.flatMap((argument) => {
    const values = argument.argChoices ?? knownValues()[`${place}:${argument.name()}`] ?? []
    const titles = new Map<string, string>(catalogue.map(({ id, title }) => [id, title]))
    return values.map((text) => ({ text, about: titles.get(text) ?? '' }))
  })
  const own: Completable = {
    place,
    words: [...below.map((each) => ({ text: each.name(), about: each.description() })), ...choices],
    options: help.visibleOptions(command).map((option) => optionOf(place, option)),
  }
  return [own, ...below.flatMap((each) => completables(each, `${place} ${each.name()}`.trim()))]
}

/** Completion of this command line in shells. */
export function addCompletion(root: Command, { terminal }: CommandContext): void {
  root
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .description('print the script that completes this command line in a shell')
    .addHelpText('after', HELP)
    .action(async (shell: (typeof shells)[number]) => {
      const { bashScript } = await import('../../completion/bash-script.ts')
      const { zshScript } = await import('../../completion/zsh-script.ts')
      const { fishScript } = await import('../../completion/fish-script.ts')
      const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell]
      terminal.out(script(root.name(), completables(root, '')))
    })
}
