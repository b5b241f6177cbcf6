import type { Completable, Word } from './completable.ts'
import { findPlace, valueCases } from './find-place.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** `_describe` splits at the first colon. */
const described = ({ text, about }: Word): string => quoted(`${text.replaceAll(':', '\\:')}:${about}`)

/** For `source <(…)` after compinit, and as a file `_name` in `fpath`. The words are in the script. */
export function zshScript(name: string, all: readonly Completable[]): string {
  const places = all.map(({ place, words, options }) => {
    const flags = options.flatMap((option) => option.flags.map((text) => ({ text, about: option.about })))
    return `    '${place}') found=(${words.map(described).join(' ')}); options=(${flags.map(described).join(' ')}) ;;`
  })
  const values = valueCases(all, (value) => {
    if (value === 'files') return '_files'
    if (value === 'unknown') return '_message value'
    return `compadd -- ${value.join(' ')}`
  })
  // `path` and `words` mean something to zsh.
  return `#compdef ${name}
# zsh completion for ${name}: source <(${name} completion zsh)
_${name}() {
  local place='' i
  local -a found options
  ${findPlace(all, { first: 2, current: 'CURRENT', words: 'words' })}
  case "$place:\${words[CURRENT-1]}" in
${values}
  esac
  case "$place" in
${places.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe option options
  else _describe argument found; fi
}
if [[ \${funcstack[1]} == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`
}
