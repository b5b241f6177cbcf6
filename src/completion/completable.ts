/** What can stand at one place of the command line, with a sentence for shells that show one. */
export interface Word {
  readonly text: string
  readonly about: string
}

export interface CompletableOption {
  /** Such as `-c` and `--config`. */
  readonly flags: readonly string[]
  readonly about: string
  /** What follows it: nothing, one of these, a file, or what nobody can know. */
  readonly value: 'none' | 'files' | 'unknown' | readonly string[]
}

/** A command or subcommand, and what may follow it. */
export interface Completable {
  /** Such as `findings diff`; empty for the program itself. */
  readonly place: string
  /** Subcommands, and what its arguments may be. */
  readonly words: readonly Word[]
  readonly options: readonly CompletableOption[]
}

/** An option that something follows, at its place. */
export interface ValuedOption {
  readonly place: string
  readonly flags: readonly string[]
  readonly value: Exclude<CompletableOption['value'], 'none'>
}

/** Every option that something follows, of every command. */
export function valuedOptions(all: readonly Completable[]): readonly ValuedOption[] {
  return all.flatMap(({ place, options }) =>
    options.flatMap(({ flags, value }) => (value === 'none' ? [] : [{ place, flags, value }])),
  )
}

/** `place:word` of each subcommand, for the parent's place. */
export function subcommandsOf(all: readonly Completable[]): readonly string[] {
  return all.flatMap(({ place }) => {
    if (place === '') return []
    const cut = place.lastIndexOf(' ')
    return [`${place.slice(0, Math.max(0, cut))}:${place.slice(cut + 1)}`]
  })
}
