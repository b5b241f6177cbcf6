import type { ProbeCheck } from '../../catalogue/probe.ts'
import type { Result } from '../../catalogue/result.ts'
import { probeNow } from '../../run/probe-now.ts'
import type { Fleet } from '../../run/run-probe.ts'
import { type Diagnosis, good, type Step, skipped } from '../diagnosis.ts'
import { lookAtResults } from '../looks/at-check.ts'
import { lookAtClearedCookie } from '../looks/at-cleared-cookie.ts'

/** What a browser meets on its way in, as probes; each is asked about the one origin alone. */
export interface LoginProbes {
  readonly notAnswering: ProbeCheck
  readonly cors: ProbeCheck
  readonly trust: ProbeCheck
  readonly secret: ProbeCheck
  readonly signIn: ProbeCheck
  readonly journey: ProbeCheck
}

export interface LoginQuestion {
  readonly fleet: Fleet
  /** Name of the server; absent: all of them, one after the other. */
  readonly server: string | undefined
  /** Origin of the page; absent: the first that is declared. */
  readonly origin: string | undefined
  readonly probes: LoginProbes
  /** Also sign in with the canary account, and out again. */
  readonly signsIn: boolean
}

/** Why can a browser not sign in, or stay signed in? Without the canary it makes no session and writes nothing. */
export function loginDiagnosis(question: LoginQuestion): Diagnosis {
  const { fleet, server, origin = fleet.origins[0] } = question
  const servers = fleet.servers.filter(({ name }) => server === undefined || name === server)
  const where = servers.map(({ name }) => name).join(', ')
  return {
    title: `Can a browser${origin === undefined ? '' : ` of ${origin}`} sign in on ${where || 'any server'}?`,
    otherwise: question.signsIn
      ? 'The way in is open. Look at the person: authwatch diagnose user.'
      : 'The way in is open, as far as it can be seen without signing in: --sign-in does, with the canary. Look at the person: authwatch diagnose user.',
    steps:
      servers.length === 0
        ? [{ question: 'Is there a server?', look: () => skipped('no servers are configured') }]
        : [
            ...(origin === undefined ? [] : [declared(fleet, origin)]),
            ...servers.flatMap(({ name }) => stepsOn(name, { ...question, origin })),
          ],
  }
}

function declared({ origins }: Fleet, origin: string): Step {
  return {
    question: `Is ${origin} one of the declared origins?`,
    look: () => {
      if (origins.includes(origin)) return good('declared')
      const evidence = `not under origins: ${origins.join(', ') || 'none are'}`
      const near = origins.find(
        (each) => each.replace(/^https?:\/\//, '') === origin.replace(/^https?:\/\/|\/$/g, ''),
      )
      return near === undefined ? skipped(evidence) : skipped(`${evidence}; did you mean ${near}?`)
    },
  }
}

function stepsOn(server: string, question: LoginQuestion): readonly Step[] {
  const { fleet, origin, probes, signsIn } = question
  const narrowed = origin === undefined ? fleet : { ...fleet, origins: [origin] }
  const asked = (text: string, probe: ProbeCheck, about: (step: string) => boolean = () => true): Step => ({
    question: `${text.replace('%', server)}?`,
    look: async () => {
      const result = await probeNow(probe, { target: server, fleet: narrowed })
      return lookAtResults(probe, [onlyAbout(result, about)], () => undefined)
    },
  })
  const declaredStep = (step: string) => step !== 'hostile'
  return [
    asked('Does % fail to answer', probes.notAnswering),
    ...(origin === undefined
      ? []
      : [
          asked(`Does % keep its answers from ${origin} (CORS)`, probes.cors, declaredStep),
          asked(`Does better-auth on % refuse ${origin}`, probes.trust, declaredStep),
        ]),
    {
      question: `Would a browser keep the session cookie of ${server}?`,
      look: () => lookAtClearedCookie(server, narrowed),
    },
    asked('Does % hold another secret than expected', probes.secret),
    asked('Does % fail to refuse a wrong password', probes.signIn),
    ...(signsIn ? [asked('Does signing in fail on %', probes.journey)] : []),
    ...(origin === undefined
      ? []
      : [asked('Does % let foreign origins in (CORS)', probes.cors, (step) => step === 'hostile')]),
  ]
}

/** The result with only the findings about these steps; without any it passes. */
function onlyAbout(result: Result, about: (step: string) => boolean): Result {
  const { verdict } = result
  if (verdict.state !== 'fail') return result
  const findings = verdict.findings.filter(({ detail }) => about(detail.step ?? ''))
  if (findings.length > 0) return { ...result, verdict: { ...verdict, findings } }
  return { ...result, verdict: { state: 'pass', values: verdict.values } }
}
