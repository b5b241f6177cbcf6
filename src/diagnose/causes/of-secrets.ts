import type { CheckId } from '../../catalogue/naming.ts'
import { answerCauses, type CausesOfProbe, cause, compareSecret, type Met } from './cause.ts'

const VARIABLES: Readonly<Record<string, string>> = {
  auth: 'BETTER_AUTH_SECRET',
  extension_token: 'EXTENSION_TOKEN_SECRET',
}
const variable = ({ about }: Met) => VARIABLES[about] ?? about

const attesting: CausesOfProbe = {
  token_refused: ({ server }) =>
    cause(
      `${server} refuses the attestation token: nothing is known of it.`,
      `Set one attestation token on ${server} and for authwatch.`,
    ),
  not_mounted: ({ server }) =>
    cause(
      `${server} does not attest at routes.attestation.`,
      'Mount it, or finish the deployment that brings it.',
    ),
}

/** Secrets and settings that servers must share, and what only holders of a credential may do. */
export const causesOfSecrets: Readonly<Record<CheckId, CausesOfProbe>> = {
  'secret.auth_differs': {
    differs: ({ server }) =>
      cause(
        `${server} holds another BETTER_AUTH_SECRET than expected: it signs users out whom the others signed in. If it is all servers, authwatch holds an old one.`,
        `Give ${server} the secret of the others and restart it. Compare on each server without showing it; look for a line break or quotes.`,
        [compareSecret('BETTER_AUTH_SECRET')],
      ),
    cookie_name: ({ server, detail }) =>
      cause(
        `The secret of ${server} is right; its session cookie is not named ${detail.expected} (it clears ${detail.cleared}).`,
        'Correct policy.cookie.name.',
      ),
  },
  'secret.extension_differs': {
    differs: ({ server }) =>
      cause(
        `${server} holds another EXTENSION_TOKEN_SECRET than expected: tokens of the others fail there, and its own fail elsewhere.`,
        `Give ${server} the secret of the others and restart it; extensions ask for new tokens.`,
        [compareSecret('EXTENSION_TOKEN_SECRET')],
      ),
  },
  'attestation.secret_mismatch': {
    ...attesting,
    differs: (met) =>
      cause(
        `${met.server} holds another ${variable(met)} than the others.`,
        `Give ${met.server} the secret of the others and restart it; was it restarted after the last exchange?`,
        [compareSecret(variable(met))],
      ),
    tie: (met) =>
      cause(
        `As many servers hold one ${variable(met)} as hold another.`,
        'Finish or undo the exchange of the secret.',
        [compareSecret(variable(met))],
      ),
    missing: (met) =>
      cause(`${met.server} has no ${variable(met)}.`, `Set it on ${met.server} and restart it.`),
    short: (met) =>
      cause(
        `The ${variable(met)} of ${met.server} is shorter than 32 characters: it can be guessed.`,
        'Exchange it on all servers in one deployment.',
        ['openssl rand -base64 32'],
      ),
  },
  'attestation.settings_drift': {
    ...attesting,
    policy: ({ server, about, detail }) =>
      cause(
        `${about} is ${detail.value} on ${server}, and ${detail.expected} in the policy.`,
        `Correct the environment of ${server} and restart it; if the value is meant, change policy.`,
      ),
    differs: ({ server, about, detail }) =>
      cause(
        `${about} is ${detail.value} on ${server}, and ${detail.others} on the others.`,
        `Correct the environment of ${server} and restart it.`,
      ),
    tie: ({ server, about, detail }) =>
      cause(
        `${about} is ${detail.value} on ${server}, and no value is that of most servers.`,
        'Decide which is right; finish or undo the deployment.',
      ),
  },
  'extension_token.misjudged': {
    ...answerCauses,
    refused: ({ server }) =>
      cause(
        `${server} refuses a good extension token: another EXTENSION_TOKEN_SECRET, or policy.extensionToken and canary are not what it asks for.`,
        'Look at the secret first.',
        [`authwatch diagnose alert AuthwatchSecretExtensionDiffers server=${server}`],
      ),
    accepted: ({ server, about, step }) =>
      cause(
        `${server} accepts a token that it must refuse: ${(about || step).replaceAll('_', ' ')}.`,
        'Verify with a fixed algorithm (HS256), with audience, expiry and scopes, and refuse *. A signature that is not checked: take the route out of service first.',
      ),
  },
  'api_access.canary_refused': {
    ...answerCauses,
    key_refused: ({ server }) =>
      cause(
        `${server} refuses the canary's API key as one that does not exist: revoked, disabled, expired, used up, or gone.`,
        'Show the key to authwatch diagnose api-key, which says why.',
        ['authwatch diagnose api-key < key.txt'],
      ),
    tenant_refused: ({ server }) =>
      cause(
        `The canary's API key works on ${server}, and its owner is no member of canary.tenant.`,
        'Give the owner its membership back, or correct canary.tenant.',
      ),
    foreign_tenant_accepted: ({ server }) =>
      cause(
        `The canary's API key opens a foreign organization on ${server}. Treat it as a breach.`,
        `Take ${server} out of service, and look at the tenant middleware.`,
      ),
  },
  'api_access.nonsense_accepted': {
    accepted: ({ server, step }) =>
      cause(
        `The tenant route of ${server} is open (${step.replaceAll('_', ' ')}), or routes.tenant is a public one.`,
        `Take ${server} out of service, put the check back, and read the access log.`,
      ),
    server_error: ({ server, detail }) =>
      cause(
        `${server} fails (${detail.status ?? '5xx'}) where it checks credentials: good ones fail, too.`,
        `Look at the log of ${server} at this minute.`,
        ['authwatch check schema'],
      ),
    not_found: ({ server }) => cause(`routes.tenant is wrong for ${server} (404).`, 'Correct routes.tenant.'),
    unexpected_status: ({ server, detail }) =>
      cause(
        `${server} answers API clients without a credential with ${detail.status ?? 'something'}, not with 401 or 403.`,
        'Let the tenant route answer 401; a redirect tells a client nothing.',
      ),
  },
}
