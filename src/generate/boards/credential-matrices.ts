import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { yesWords } from './check-state.ts'
import { colours } from './palette.ts'
import { runbook } from './runbook.ts'
import { JOB } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'
import { tablePanel, words } from './table-panel.ts'

const holds = words({
  '0': { text: 'as expected', colour: colours.good },
  '1': { text: 'another', colour: colours.bad },
})

/** What servers must have in common. */
export function credentialMatrices(policy: AlertPolicy): readonly Panel[] {
  return [
    tablePanel({
      title: 'Credentials of one server on another',
      description:
        'Whether what was made on one server is accepted on another. A column of no is a server with another secret.',
      unit: 'none',
      noValue: 'could not be tried',
      width: 12,
      height: 9,
      queries: [
        {
          expr: `sort(max by (kind, minted_on, verified_on) (authwatch_credential_accepted{${JOB}}))`,
          instant: true,
          format: 'table',
        },
      ],
      columns: [
        { title: 'Accepted', of: { query: 0 }, mappings: [yesWords], coloured: true, width: 100 },
        { title: 'Credential', of: { label: 'kind' } },
        { title: 'Made on', of: { label: 'minted_on' } },
        { title: 'Tried on', of: { label: 'verified_on' } },
      ],
      links: [runbook(policy, 'AuthwatchCredentialRefusedElsewhere')],
    }),
    tablePanel({
      title: 'Secrets by server',
      description: 'Whether a server holds the expected secret. Nothing of a secret is in any number.',
      unit: 'none',
      noValue: 'could not be told',
      width: 12,
      height: 9,
      queries: [
        {
          expr: `sort_desc(max by (server, secret) (authwatch_secret_mismatch{${JOB},server=~"$server"}))`,
          instant: true,
          format: 'table',
        },
      ],
      columns: [
        { title: 'Holds', of: { query: 0 }, mappings: [holds], coloured: true, width: 120 },
        { title: 'Secret', of: { label: 'secret' } },
        { title: 'Server', of: { label: 'server' } },
      ],
      links: [runbook(policy, 'AuthwatchAttestationSecretMismatch')],
    }),
    seriesPanel({
      title: 'Clocks of the servers',
      description:
        'Seconds by which a server is ahead of what most clocks say. Tokens and codes depend on the time.',
      unit: 's',
      noValue: 'no clock was compared',
      queries: [
        {
          expr: `max by (server) (authwatch_server_clock_skew_seconds{${JOB},server=~"$server"})`,
          legend: '{{server}}',
        },
      ],
      width: 8,
      links: [runbook(policy, 'AuthwatchClockSkewed')],
    }),
    seriesPanel({
      title: 'How long a revoked session lives on',
      description: 'The Max-Age of the cookie cache: so long a server may go on accepting it.',
      unit: 's',
      noValue: 'nobody could sign in',
      queries: [
        {
          expr: `max by (server) (authwatch_session_revocation_lag_seconds{${JOB},server=~"$server"})`,
          legend: '{{server}}',
        },
      ],
      width: 8,
      links: [runbook(policy, 'AuthwatchJourneySignInBroken')],
    }),
    seriesPanel({
      title: 'Published signing keys',
      description: 'Public keys that each server publishes. All servers must show the same.',
      unit: 'short',
      noValue: 'no server publishes keys',
      queries: [
        {
          expr: `max by (server) (authwatch_jwks_published_keys{${JOB},server=~"$server"})`,
          legend: '{{server}}',
        },
      ],
      width: 8,
      links: [runbook(policy, 'AuthwatchJwksDiffers')],
    }),
  ]
}
