/** Labels of a gauge family with all the values each may take: series are countable before anything runs. */
export type LabelValues = Readonly<Record<string, readonly string[]>>

/** One metric name that checks export values of, without the product's prefix, base unit last. */
export interface Family<L extends LabelValues = LabelValues> {
  readonly name: string
  readonly help: string
  readonly labels: L
}

export type LabelsOf<F extends Family> = { readonly [K in keyof F['labels']]: F['labels'][K][number] }

export function family<const L extends LabelValues>(definition: Family<L>): Family<L> {
  return definition
}
