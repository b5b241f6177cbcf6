import { type Check, type DatabaseCheck, isDatabaseCheck } from '../../catalogue/check.ts'
import { gravestFirst } from '../../catalogue/condition.ts'
import { alertName } from '../../catalogue/naming.ts'
import type { Finding, Result } from '../../catalogue/result.ts'
import { FLEET } from '../../run/run-probe.ts'
import type { Cause, Met } from '../causes/cause.ts'
import { type FoundIn, fixOfCheck, IN_THE_RUNBOOK } from '../causes/of-check.ts'
import { causeOfProbe } from '../causes/of-probe.ts'
import { bad, good, type Look, skipped, unknown } from '../diagnosis.ts'

/** Findings that one line of evidence names. */
const NAMED = 3

type Failed = Result & { readonly verdict: Extract<Result['verdict'], { state: 'fail' }> }

/** What is known of each database by its name; undefined when it could not be read. */
export type Surroundings = (target: string) => Omit<FoundIn, 'findings' | 'count'> | undefined

/** What the results of a check on its databases or servers say: the worst of them, with its first finding. */
export function lookAtResults(check: Check, results: readonly Result[], around: Surroundings): Look {
  const failed = results
    .filter((result): result is Failed => result.verdict.state === 'fail')
    .toSorted((a, b) => gravestFirst(a.verdict.severity, b.verdict.severity))
  const [worst] = failed
  if (worst !== undefined) return lookAtFailures(check, [worst, ...failed.slice(1)], around)
  const error = results.map(({ verdict }) => verdict).find(({ state }) => state === 'error')
  const targets = (state: string) =>
    results.flatMap(({ target, verdict }) => (verdict.state === state ? [target] : [])).join(', ')
  if (error?.state === 'error') return unknown(`${targets('error')}: ${error.code}: ${error.message}`)
  const passed = targets('pass')
  if (passed !== '') return good(`no: ${passed}`)
  const [first] = results
  return skipped(first?.verdict.state === 'skipped' ? first.verdict.reason : 'no servers are configured')
}

function lookAtFailures(
  check: Check,
  [worst, ...others]: readonly [Failed, ...Failed[]],
  around: Surroundings,
): Look {
  const { verdict, target } = worst
  const all = [worst, ...others]
  const evidence = all.slice(0, NAMED).map((result) => evidenceOf(check, result))
  const rest = all.length - NAMED
  const found = isDatabaseCheck(check) ? rowsCause(check, worst, around(target)) : probeCause(check, all)
  return bad({
    evidence: `yes: ${evidence.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`,
    severity: verdict.severity,
    ...found,
    runbook: alertName(check.id),
  })
}

function evidenceOf(check: Check, { target, verdict }: Failed): string {
  const { findings, values } = verdict
  if (isDatabaseCheck(check)) {
    const { offenders = 0 } = values
    const rows = findings.slice(0, NAMED).map(({ key }) => key)
    return `${offenders} in ${target}${rows.length === 0 ? '' : ` (${rows.join(', ')}${(offenders ?? 0) > rows.length ? ', …' : ''})`}`
  }
  const said = findings.slice(0, NAMED).map(({ key, detail }) => `${key}: ${detail.reason}`)
  return `${target} ${said.join(', ')}${findings.length > NAMED ? ', …' : ''}`.trim()
}

function rowsCause(
  check: DatabaseCheck,
  { verdict, target }: Failed,
  found: Omit<FoundIn, 'findings' | 'count'> | undefined,
): Cause {
  const { offenders = 0 } = verdict.values
  const count = (offenders ?? 0) > 0 ? `${offenders} in ${target}` : target
  const { findings } = verdict
  const fix =
    found === undefined ? IN_THE_RUNBOOK : fixOfCheck(check, { ...found, findings, count: offenders ?? 0 })
  return { cause: `${verdict.summary} (${count}).`, fix }
}

function probeCause(check: Check, failed: readonly Failed[]): Cause {
  const [first] = failed
  const finding = first?.verdict.findings[0]
  if (first === undefined || finding === undefined) {
    const summary = first?.verdict.summary ?? check.title
    return { cause: `${summary} (${first?.target}).`, fix: IN_THE_RUNBOOK }
  }
  const met = metOf(first.target, finding)
  // One cause on several servers is one cause.
  const alike = failed.filter(({ verdict }) => {
    const other = verdict.findings[0]
    return other?.key === finding.key && other.detail.reason === finding.detail.reason
  })
  const server = alike.length > 1 ? alike.map(({ target }) => target).join(', ') : met.server
  return causeOfProbe(check.id, { ...met, server })
}

/** A finding about the fleet names its server last: `compare/<secret>/<server>`. */
function metOf(target: string, { detail }: Finding): Met {
  const { step, about, reason } = detail
  const parts = (about ?? '').split('/')
  const isFleet = target === FLEET
  return {
    server: isFleet ? parts.at(-1) || 'the fleet' : target,
    step: step ?? '',
    about: isFleet ? parts.slice(0, -1).join('/') : (about ?? ''),
    reason: reason ?? '',
    detail,
  }
}
