/** More than any name needs; what is longer is cut where nothing else is said. */
const MAX_CHARACTERS = 500

/** Control characters, those that reorder or hide others, line ends, and halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * Somebody else's text as one line that says what it is wherever it is shown: what would move a cursor, turn the reading
 * order or end the line is written as its code, such as `\u{1b}`. Quotes and markup are for whoever prints them to escape.
 */
export function plainText(text: string, max = MAX_CHARACTERS): string {
  return text
    .slice(0, max)
    .replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

const CODE = /\\u\{([0-9a-f]{1,6})\}/g

/**
 * The text of which `plainText` made this; undefined when it was cut, or may have been. A text that had such codes in it
 * from the beginning cannot be told from one that had the characters, and is taken for that.
 */
export function originalText(plain: string): string | undefined {
  const original = plain.replace(CODE, (code, hex: string) => {
    const point = Number.parseInt(hex, 16)
    const character = point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : ''
    return plainText(character) === code ? character : code
  })
  return original.length < MAX_CHARACTERS ? original : undefined
}
