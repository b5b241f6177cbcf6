/** More than any name needs; what is longer is cut. */
const MAX_CHARACTERS = 500

/** Control characters, those that reorder or hide others, line ends, and halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * Somebody else's text as one line that says what it is wherever it is shown: what would move a cursor, turn the reading
 * order or end the line is written as its code, such as `\u{1b}`. Quotes and markup are for whoever prints them to escape.
 */
export function plainText(text: string): string {
  return text
    .slice(0, MAX_CHARACTERS)
    .replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
