import type { Values } from './condition.ts'

/** Values are keyed by text; a cell of a matrix is keyed by its labels, behind this mark. */
const MARK = 'matrix:'

export function matrixKey(labels: Readonly<Record<string, string>>): string {
  return MARK + JSON.stringify(labels)
}

/** The cells among a result's values. */
export function matrixCells(
  values: Values,
): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[] {
  return Object.entries(values).flatMap(([key, value]) =>
    key.startsWith(MARK) && value !== null ? [{ labels: JSON.parse(key.slice(MARK.length)), value }] : [],
  )
}
