import { plainText } from '../../catalogue/plain-text.ts'
import type { Answered, Report } from '../../diagnose/diagnosis.ts'
import { runbookHeadingAnchor } from '../../diagnose/runbook-anchor.ts'
import { palette } from './colours.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** One line of a diagnosis: sign, question, and what was seen. */
export function stepLine(step: Answered, terminal: Terminal): string {
  const { green, red, yellow, cyan, dim } = palette(terminal)
  const said = `${plain(step.question)} ${dim(plain(step.evidence))}`
  switch (step.sign) {
    case 'good':
      return `${green('✓')} ${said}`
    case 'bad': {
      const paint = { critical: red, warning: yellow, info: cyan }[step.severity]
      return `${paint('✗')} ${said}`
    }
    case 'unknown':
      return `${yellow('?')} ${said}`
    case 'skipped':
      return `${dim('–')} ${said}`
  }
}

/** The first cause, what to do, and where the runbook says more. */
export function conclusion({ cause, otherwise, steps }: Report, terminal: Terminal): string {
  const { bold, dim } = palette(terminal)
  const blind = steps.filter(({ sign }) => sign === 'unknown').length
  if (cause === null) {
    const isUnseen = steps.every(({ sign }) => sign === 'skipped')
    if (isUnseen)
      return `${bold('Nothing was looked at;')} each step says what it would take. ${plain(otherwise)}`
    const seen =
      blind === 0 ? 'Nothing wrong was found.' : `Nothing wrong was found; ${blind} could not be looked at.`
    return `${bold(seen)} ${plain(otherwise)}`
  }
  const run = (cause.fix.run ?? []).map((line) => `         ${plainLines(line)}`)
  return [
    `${bold('Cause')}    ${plain(cause.cause)}`,
    `${bold('Fix')}      ${plain(cause.fix.say)}`,
    ...run,
    `${bold('Runbook')}  ${dim(`alerts/README.md#${runbookHeadingAnchor(cause.runbook)}`)}`,
  ].join('\n')
}

/** The report for programs. */
export function reportJson({ title, steps, cause, otherwise }: Report): string {
  const withLink = (step: Answered) =>
    step.sign === 'bad' ? { ...step, link: `alerts/README.md#${runbookHeadingAnchor(step.runbook)}` } : step
  const told = {
    title,
    cause: cause === null ? null : withLink(cause),
    steps: steps.map(withLink),
    otherwise,
  }
  return `${plainJson(told)}\n`
}

/** As of `check`: 2 a critical cause, 3 something could not be looked at, 1 a warning, 0 nothing or a note. */
export function exitCodeOfReport({ cause, steps }: Report): number {
  if (cause?.severity === 'critical') return exitCodes.critical
  if (steps.some(({ sign }) => sign === 'unknown')) return exitCodes.couldNotLook
  return cause?.severity === 'warning' ? exitCodes.warning : exitCodes.pass
}

const MOST = 2_000

/** Names in a database, a cookie or a token are other people's: none may write to the terminal, or a line of its own. */
export function plain(text: string): string {
  return plainText(text, MOST)
}

/** A statement or a command keeps its lines; a value with a line end in it stays in its quotes. */
function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n         ')
}

/** JSON with the code of what a terminal would obey: to a program it says the same. */
function plainJson(value: unknown): string {
  const codesOf = (character: string) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
  return JSON.stringify(value, null, 2).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, codesOf)
}
