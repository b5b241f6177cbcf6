/** One fault of the configuration: where it is and what to do. */
export interface ConfigProblem {
  /** `authwatch.yaml:7` or `environment`. */
  readonly where: string
  /** Such as `databases[0].schema`, or a variable's name. Empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

/** All faults of a configuration at once, so that it takes one attempt to mend it, not five. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'ERR_CONFIG'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(
      ({ where, path, message }) => `  ${where}${path === '' ? '' : ` ${path}`}: ${message}`,
    )
    super(
      `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the configuration\n${lines.join('\n')}`,
    )
    this.problems = problems
  }
}
