import type { Config } from '../config/load.ts'
import type { Diagnosis } from '../diagnose/diagnosis.ts'
import { readShownSession } from '../diagnose/facts/shown-session.ts'
import { readShownToken } from '../diagnose/facts/shown-token.ts'
import { apiKeyDiagnosis } from '../diagnose/questions/api-key.ts'
import { extensionTokenDiagnosis } from '../diagnose/questions/extension-token.ts'
import { loginDiagnosis } from '../diagnose/questions/login.ts'
import { sessionDiagnosis } from '../diagnose/questions/session.ts'
import { userDiagnosis } from '../diagnose/questions/user.ts'
import { runDiagnosis } from '../diagnose/run-diagnosis.ts'
import { journeySignInBroken } from '../probes/journey/sign-in-broken.ts'
import { originCorsMismatch } from '../probes/origin/cors-mismatch.ts'
import { originTrustMismatch } from '../probes/origin/trust-mismatch.ts'
import { secretAuthDiffers } from '../probes/secret/auth-differs.ts'
import { secretExtensionDiffers } from '../probes/secret/extension-differs.ts'
import { serverNotAnswering } from '../probes/server/not-answering.ts'
import { signInUnhealthy } from '../probes/sign-in/unhealthy.ts'
import { diagnoseAlert } from './diagnose-alert.ts'
import { openPlaces, type Places } from './open-places.ts'
import { targetNamed } from './target-named.ts'
import { palette } from './terminal/colours.ts'
import { conclusion, exitCodeOfReport, plain, reportJson, stepLine } from './terminal/diagnosis-text.ts'
import { readSecret } from './terminal/read-secret.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'

/** What is diagnosed. Secrets are asked for when they are not given. */
export type Complaint =
  | { readonly about: 'alert'; readonly name: string; readonly labels: readonly string[] }
  | { readonly about: 'user'; readonly who: string; readonly org: string | undefined }
  | { readonly about: 'session'; readonly given: string | undefined }
  | { readonly about: 'api-key'; readonly tenant: string | undefined }
  | {
      readonly about: 'extension-token'
      readonly scopes: readonly string[] | undefined
      readonly audience: string | undefined
    }
  | {
      readonly about: 'login'
      readonly server: string | undefined
      readonly origin: string | undefined
      readonly signsIn: boolean
    }

export interface DiagnoseOptions {
  readonly complaint: Complaint
  readonly database: string | undefined
  readonly json: boolean
}

/** `authwatch diagnose`: the runbook's steps, looked at now, without queue and state. Resolves with the exit code. */
export async function diagnose(
  config: Config,
  { complaint, database, json }: DiagnoseOptions,
  terminal: Terminal,
): Promise<number> {
  await using places = openPlaces(config)
  const diagnosis = await diagnosisOf(complaint, { config, places, database, terminal })
  const { bold } = palette(terminal)
  if (!json) terminal.out(`${bold(plain(diagnosis.title))}\n\n`)
  const report = await runDiagnosis(diagnosis, {
    stop: terminal.stop,
    onStep: (step) => {
      if (!json) terminal.out(`${stepLine(step, terminal)}\n`)
    },
  })
  terminal.out(json ? reportJson(report) : `\n${conclusion(report, terminal)}\n`)
  return exitCodeOfReport(report)
}

const REMEMBERED =
  'authwatch: the shell remembers what is on the command line; standard input keeps a session to yourself\n'

async function diagnosisOf(
  complaint: Complaint,
  around: {
    readonly config: Config
    readonly places: Places
    readonly database: string | undefined
    readonly terminal: Terminal
  },
): Promise<Diagnosis> {
  const { config, places, database, terminal } = around
  const { fleet } = places
  const target = () => targetNamed(places, database)
  switch (complaint.about) {
    case 'alert':
      return diagnoseAlert(config, places, complaint)
    case 'user':
      return userDiagnosis({ target: target(), who: complaint.who, slug: complaint.org })
    case 'session': {
      if (complaint.given !== undefined) terminal.err(REMEMBERED)
      const text = complaint.given ?? (await readSecret('the cookie or token of the session', terminal))
      const shown = readShownSession(text, config.policy.cookie)
      return sessionDiagnosis({ target: target(), fleet, shown })
    }
    case 'api-key': {
      const key = await readSecret('the API key', terminal)
      return apiKeyDiagnosis({ target: target(), key, tenant: complaint.tenant })
    }
    case 'extension-token': {
      const shown = readShownToken(await readSecret('the extension token', terminal))
      const { scopes, audience } = complaint
      const secretProbe = secretExtensionDiffers
      return extensionTokenDiagnosis({ target: target(), fleet, shown, scopes, audience, secretProbe })
    }
    case 'login':
      return loginOf(complaint, places)
  }
}

function loginOf(
  { server, origin, signsIn }: Extract<Complaint, { about: 'login' }>,
  { fleet }: Places,
): Diagnosis {
  const names = fleet.servers.map(({ name }) => name)
  if (server !== undefined && !names.includes(server)) {
    throw new UsageError(`no server is named ${server}; there are: ${names.join(', ') || 'none'}`)
  }
  if (origin !== undefined && (!URL.canParse(origin) || !/^https?:$/.test(new URL(origin).protocol))) {
    throw new UsageError('an origin looks like https://app.example.com')
  }
  const probes = {
    notAnswering: serverNotAnswering,
    cors: originCorsMismatch,
    trust: originTrustMismatch,
    secret: secretAuthDiffers,
    signIn: signInUnhealthy,
    journey: journeySignInBroken,
  }
  // Browsers send no path and no slash.
  const sent = origin === undefined ? undefined : new URL(origin).origin
  return loginDiagnosis({ fleet, server, origin: sent, signsIn, probes })
}
