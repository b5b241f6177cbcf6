import type { Completable } from './completable.ts'
import { findPlace, valueCases } from './find-place.ts'

/**
 * Nothing of the command line is ever evaluated, and no process is started: the words are in the script. Needs no
 * package of completions beside bash itself.
 */
export function bashScript(name: string, all: readonly Completable[]): string {
  const places = all.map(({ place, words, options }) => {
    const flags = options.flatMap((option) => option.flags)
    return `    '${place}') words='${words.map(({ text }) => text).join(' ')}' options='${flags.join(' ')}' ;;`
  })
  const values = valueCases(all, (value) => {
    if (value === 'files') return 'COMPREPLY=($(compgen -f -- "$cur"))'
    if (value === 'unknown') return 'COMPREPLY=()'
    return `COMPREPLY=($(compgen -W '${value.join(' ')}' -- "$cur"))`
  })
  return `# bash completion for ${name}: source <(${name} completion bash)
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} place='' words='' options='' i
  ${findPlace(all, { first: 1, current: 'COMP_CWORD', words: 'COMP_WORDS' })}
  case "$place:$prev" in
${values}
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
