import { type Completable, subcommandsOf, valuedFlags, type Word } from './completable.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** `_describe` splits at the first colon. */
const described = ({ text, about }: Word): string => quoted(`${text.replaceAll(':', '\\:')}:${about}`)

/** For `source <(…)` after compinit, and as a file `_name` in `fpath`. The words are in the script. */
export function zshScript(name: string, all: readonly Completable[]): string {
  const valued = valuedFlags(all)
  const patterns = (place: string, flags: readonly string[]) =>
    flags.map((flag) => `'${place}:${flag}'`).join('|')
  const values = valued.map(({ place, flags, value }) => {
    const reply =
      value === 'files'
        ? '_files'
        : value === 'unknown' || value === 'none'
          ? '_message value'
          : `compadd -- ${value.join(' ')}`
    return `    ${patterns(place, flags)}) ${reply}; return ;;`
  })
  const places = all.map(({ place, words, options }) => {
    const flags = options.flatMap((option) => option.flags.map((text) => ({ text, about: option.about })))
    return `    '${place}') found=(${words.map(described).join(' ')}); options=(${flags.map(described).join(' ')}) ;;`
  })
  // `path` and `words` mean something to zsh.
  return `#compdef ${name}
# zsh completion for ${name}: source <(${name} completion zsh)
_${name}() {
  local place='' i
  local -a found options
  for ((i = 2; i < CURRENT; i++)); do
    case "$place:\${words[i]}" in
      ${valued.map(({ place, flags }) => patterns(place, flags)).join('|')}) ((i++)) ;;
      ${subcommandsOf(all)
        .map((each) => `'${each}'`)
        .join('|')}) place="\${place:+$place }\${words[i]}" ;;
    esac
  done
  case "$place:\${words[CURRENT-1]}" in
${values.join('\n')}
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
