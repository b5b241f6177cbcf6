import { type Completable, type CompletableOption, subcommandsOf, valuedOptions } from './completable.ts'

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** For `authwatch completion fish | source`. The words are in the script. */
export function fishScript(name: string, all: readonly Completable[]): string {
  const valued = valuedOptions(all).flatMap(({ place, flags }) =>
    flags.map((flag) => quoted(`${place}:${flag}`)),
  )
  const at = (place: string) => quoted(`__${name}_at ${quoted(place)}`)
  const lines = all.flatMap(({ place, words, options }) => [
    ...words.map(
      ({ text, about }) => `complete -c ${name} -n ${at(place)} -a ${quoted(text)} -d ${quoted(about)}`,
    ),
    ...options.map((option) => `complete -c ${name} -n ${at(place)} ${optionText(option)}`),
  ])
  return `# fish completion for ${name}: ${name} completion fish | source
function __${name}_at
  set -l place ''
  set -l skip 0
  for word in (commandline -opc)[2..]
    if test $skip = 1
      set skip 0
      continue
    end
    switch "$place:$word"
      case ${valued.join(' ')}
        set skip 1
      case ${subcommandsOf(all).map(quoted).join(' ')}
        set place (string trim "$place $word")
    end
  end
  test "$place" = "$argv[1]"
end
complete -c ${name} -f
${lines.join('\n')}
`
}

function optionText({ flags, about, value }: CompletableOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  const values =
    value === 'none'
      ? []
      : value === 'files'
        ? ['-r -F']
        : value === 'unknown'
          ? ['-x']
          : ['-x', `-a ${quoted(value.join(' '))}`]
  return [...names, ...values, `-d ${quoted(about)}`].join(' ')
}
