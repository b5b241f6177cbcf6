import { type Completable, subcommandsOf, type ValuedOption, valuedOptions } from './completable.ts'

// bash and zsh know their words under other names, and walk over them in the same language.

const quoted = (text: string): string => `'${text}'`
const patterns = (place: string, flags: readonly string[]): string =>
  flags.map((flag) => quoted(`${place}:${flag}`)).join('|')

/** A loop that makes `$place` the command that was typed so far: options are passed over, with their values. */
export function findPlace(
  all: readonly Completable[],
  names: {
    /** Index of the first word after the program's name. */
    readonly first: number
    /** The shell's variable with the index of the word that is being typed. */
    readonly current: string
    /** The shell's array of the words. */
    readonly words: string
  },
): string {
  const { first, current, words } = names
  const word = `\${${words}[i]}`
  const passedOver = valuedOptions(all).map(({ place, flags }) => patterns(place, flags))
  return `for ((i = ${first}; i < ${current}; i++)); do
    case "$place:${word}" in
      ${passedOver.join('|')}) ((i++)) ;;
      ${subcommandsOf(all).map(quoted).join('|')}) place="\${place:+$place }${word}" ;;
    esac
  done`
}

/** One line for each option that something follows: what is offered there, and nothing else. */
export function valueCases(
  all: readonly Completable[],
  offer: (value: ValuedOption['value']) => string,
): string {
  return valuedOptions(all)
    .map(({ place, flags, value }) => `    ${patterns(place, flags)}) ${offer(value)}; return ;;`)
    .join('\n')
}
