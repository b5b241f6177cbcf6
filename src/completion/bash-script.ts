import { type Completable, subcommandsOf, valuedFlags } from './completable.ts'

/**
 * Nothing of the command line is ever evaluated, and no process is started: the words are in the script. Needs no
 * package of completions beside bash itself.
 */
export function bashScript(name: string, all: readonly Completable[]): string {
  const valued = valuedFlags(all)
  const patterns = (place: string, flags: readonly string[]) =>
    flags.map((flag) => `'${place}:${flag}'`).join('|')
  const values = valued.map(({ place, flags, value }) => {
    const reply =
      value === 'files'
        ? 'COMPREPLY=($(compgen -f -- "$cur"))'
        : value === 'unknown' || value === 'none'
          ? 'COMPREPLY=()'
          : `COMPREPLY=($(compgen -W '${value.join(' ')}' -- "$cur"))`
    return `    ${patterns(place, flags)}) ${reply}; return ;;`
  })
  const places = all.map(({ place, words, options }) => {
    const flags = options.flatMap((option) => option.flags)
    return `    '${place}') words='${words.map(({ text }) => text).join(' ')}' options='${flags.join(' ')}' ;;`
  })
  return `# bash completion for ${name}: source <(${name} completion bash)
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} place='' words='' options='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place:\${COMP_WORDS[i]}" in
      ${valued.map(({ place, flags }) => patterns(place, flags)).join('|')}) ((i++)) ;;
      ${subcommandsOf(all)
        .map((each) => `'${each}'`)
        .join('|')}) place="\${place:+$place }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place:$prev" in
${values.join('\n')}
  esac
  case "$place" in
${places.join('\n')}
  esac
  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$cur"))
  else COMPREPLY=($(compgen -W "$words" -- "$cur")); fi
}
complete -F _${name} ${name}
`
}
