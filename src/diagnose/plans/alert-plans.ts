import { backends, byHand, check, metric, type Planned } from './planned.ts'

const stateUp = metric({
  name: 'authwatch_state_up',
  question: 'Does the worker reach its own database?',
  ...{ wrong: 'below', limit: 1 },
  say: 'Bring the state database back; embedded: is the disk full, does the process run?',
})
const queueUp = metric({
  name: 'authwatch_queue_up',
  question: 'Does the worker reach the queue?',
  ...{ wrong: 'below', limit: 1 },
  say: 'Bring Redis back; nothing in it needs to be restored.',
})
const waiting = metric({
  name: 'authwatch_queue_oldest_waiting_seconds',
  question: 'Does the queue hand jobs out?',
  ...{ wrong: 'above', limit: 120 },
  say: "Restart the workers; flush the queue's keys if that does not help: no schedule lives there.",
})

/** Down, or failing for everybody: what to exclude before anything finer. */
const outage: readonly Planned[] = [
  ...backends('databases'),
  ...check('server.not_answering', 'schema.column_missing', 'jwks.undecryptable', 'sign_in.unhealthy'),
]
const cookies = check('secret.auth_differs', 'origin.cors_mismatch', 'origin.trust_mismatch')
const signIns: Planned = { events: /^(sign_in|callback)_/ }
const rejections: readonly Planned[] = [
  signIns,
  ...check('journey.sign_in_broken', 'secret.auth_differs', 'origin.trust_mismatch'),
  ...check('user.credential_without_password', 'session.user_banned'),
  byHand(
    'the access log has addresses and user agents; authwatch keeps none. Block or challenge at the edge',
  ),
]
const keys: readonly Planned[] = [
  ...check('api_key.no_reference', 'api_key.revoked_in_use', 'api_key.near_exhaustion'),
  ...check('api_key.owner_missing', 'api_key.expiring_soon', 'api_access.canary_refused'),
  { events: /api_key/ },
]
const tokens: readonly Planned[] = [
  ...check(
    'secret.extension_differs',
    'attestation.secret_mismatch',
    'clock.skewed',
    'extension_token.misjudged',
  ),
  { events: /extension_token/ },
]
const prometheus = byHand("Prometheus' page of rules and its log show the error")

/**
 * The first causes of each alert in the order of the runbook, the root before what follows from it. An alert of a check
 * that is not listed here is about its check alone.
 */
export const alertPlans: Readonly<Record<string, readonly Planned[]>> = {
  AuthwatchSessionActiveOrganizationForeign: check(
    'organization.membership_orphaned',
    'session.active_organization_foreign',
  ),
  AuthwatchSessionActiveOrganizationMissing: check(
    'organization.membership_orphaned',
    'session.active_organization_missing',
  ),
  AuthwatchSessionActiveOrganizationAbsent: check(
    'organization.sign_up_hook_broken',
    'session.active_organization_absent',
  ),
  AuthwatchSessionLifetimeOutOfPolicy: check(
    'attestation.settings_drift',
    'session.lifetime_out_of_policy',
    'journey.sign_in_broken',
  ),
  AuthwatchOrganizationUsersWithoutMembership: check(
    'organization.sign_up_hook_broken',
    'organization.users_without_membership',
  ),
  AuthwatchApiKeyOwnerWithoutOrganization: check(
    'organization.membership_orphaned',
    'api_key.owner_without_organization',
  ),
  AuthwatchSignInUnhealthy: [
    ...backends('databases'),
    ...check('server.not_answering', 'schema.column_missing', 'sign_in.unhealthy'),
  ],
  AuthwatchServerNotAnswering: [
    ...check('server.not_answering'),
    ...backends('databases'),
    ...check('schema.column_missing', 'tls.expiring'),
  ],
  AuthwatchJwksUnusable: check('schema.column_missing', 'jwks.undecryptable', 'jwks.unusable'),
  AuthwatchJwksUndecryptable: check(
    'secret.auth_differs',
    'attestation.secret_mismatch',
    'jwks.undecryptable',
  ),
  AuthwatchSecretAuthDiffers: check('secret.auth_differs', 'attestation.secret_mismatch'),
  AuthwatchSecretExtensionDiffers: check('secret.extension_differs', 'attestation.secret_mismatch'),
  AuthwatchJourneySignInBroken: [...outage, ...cookies, ...check('journey.sign_in_broken')],
  AuthwatchCanarySessionEnded: check(
    'server.not_answering',
    'secret.auth_differs',
    'jwks.undecryptable',
    'canary_session.ended',
    'journey.sign_in_broken',
  ),
  AuthwatchCredentialRefusedElsewhere: check(
    ...(['secret.auth_differs', 'secret.extension_differs', 'journey.sign_in_broken'] as const),
    ...(['jwks.differs', 'attestation.secret_mismatch', 'credential.refused_elsewhere'] as const),
  ),
  AuthwatchExtensionTokenMisjudged: check(
    'secret.extension_differs',
    'clock.skewed',
    'extension_token.misjudged',
  ),
  AuthwatchApiAccessCanaryRefused: check(
    'server.not_answering',
    'schema.column_missing',
    'api_access.canary_refused',
    'api_key.revoked_in_use',
  ),

  AuthwatchSignInErrorBudgetBurn: [...outage, ...check('journey.sign_in_broken'), signIns],
  AuthwatchSignInSuccessDrop: [
    ...outage,
    ...cookies,
    ...check('journey.sign_in_broken', 'organization.sign_up_hook_broken'),
    signIns,
    byHand('fewer people try: DNS, the balancer, the front end, the mobile release, a holiday'),
  ],
  AuthwatchSignInRejectionSpike: rejections,
  AuthwatchSignInRejectionsWithoutBaseline: rejections,
  AuthwatchCredentialStuffing: rejections,
  AuthwatchBruteForce: rejections,
  AuthwatchSignInRateLimited: [
    ...check('session.client_address_missing', 'sign_in.unhealthy'),
    signIns,
    byHand('one address with many people behind it: raise rateLimit.customRules for /sign-in/*'),
  ],
  AuthwatchApiKeyRejectionSpike: keys,
  AuthwatchApiKeyRejectionsWithoutBaseline: keys,
  AuthwatchExtensionTokenRejectionSpike: tokens,
  AuthwatchExtensionTokenRejectionsWithoutBaseline: tokens,
  AuthwatchEventsMissing: [
    ...check('server.not_answering'),
    ...backends('worker', 'state'),
    stateUp,
    byHand(
      'is authwatch/better-auth still in what is deployed, with its URL and token? Its onError says why batches fail',
    ),
  ],
  AuthwatchEventsDropped: [
    metric({
      name: 'authwatch_auth_events_dropped_total',
      question: 'Has the worker called batches malformed?',
      ...{ wrong: 'above', limit: 0 },
      say: 'Update the workers before the applications.',
    }),
    byHand('compare authwatch_build_info with the version of the package in the application'),
  ],
  AuthwatchProbeErrorBudgetBurn: [
    { labelled: 'probe' },
    ...check('server.not_answering', 'sign_in.unhealthy', 'journey.sign_in_broken'),
    byHand('it may be fine now: does it follow a rhythm (deploys, backups, a job at each full hour)?'),
  ],

  AuthwatchWatchdog: [
    byHand('it always fires, and is meant to; when it stops, look at Prometheus, then at Alertmanager'),
    ...backends('worker'),
  ],
  AuthwatchWorkersGone: backends('worker', 'state', 'queue', 'databases'),
  AuthwatchWorkerDown: backends('worker', 'state', 'queue'),
  AuthwatchChecksStopped: [...backends('worker', 'clock', 'databases'), stateUp, queueUp],
  AuthwatchCheckStale: [{ labelled: 'check' }, ...backends('worker', 'databases'), queueUp],
  AuthwatchCheckCannotLook: [...backends('databases'), { labelled: 'check' }],
  AuthwatchServerUnwatched: [...check('server.not_answering'), ...backends('worker'), queueUp],
  AuthwatchServerNotProbed: [
    ...backends('worker'),
    byHand(
      'is the server among `servers` in the configuration, by the very name that it reports its events with? Was it taken out of service?',
    ),
  ],
  AuthwatchDatabaseDown: [...backends('databases'), ...check('sign_in.unhealthy')],
  AuthwatchStateDatabaseDown: [...backends('state', 'worker'), stateUp],
  AuthwatchResultsDropped: [...backends('state', 'worker'), stateUp],
  AuthwatchQueueDown: [...backends('queue', 'worker'), queueUp],
  AuthwatchQueueStuck: [...backends('queue', 'worker'), queueUp, waiting],
  AuthwatchWorkersOverloaded: [
    ...backends('worker', 'state', 'queue', 'databases'),
    byHand(
      'what is busy: the workers (process_cpu_seconds_total), the state database, or a database that answers late?',
    ),
  ],
  AuthwatchSeriesDropped: [
    metric({
      name: 'authwatch_series_dropped_total',
      question: 'Has the worker left series out?',
      ...{ wrong: 'above', limit: 0 },
      say: 'Raise metrics.maxSeries, or give the databases to several deployments.',
    }),
  ],
  AuthwatchWorkerClockOff: [
    ...backends('clock'),
    ...check('clock.skewed'),
    metric({
      name: 'authwatch_clock_offset_seconds',
      question: 'Is the clock of the worker that of its database?',
      ...{ wrong: 'above', limit: 30 },
      say: 'Synchronise the clock of the worker or of the state database.',
    }),
  ],
  AuthwatchWebConfigReloadFailed: [
    metric({
      name: 'authwatch_web_config_last_reload_successful',
      question: 'Does the worker use its web configuration as the files are now?',
      ...{ wrong: 'below', limit: 1 },
      say: "Mend the file that the worker's log names; it is read again by itself.",
    }),
    byHand("the worker's log says what is wrong: the web configuration cannot be used"),
  ],
  AuthwatchRulesFailing: [prometheus, byHand('take the rules of the version that runs: authwatch generate')],
  AuthwatchAlertsUndelivered: [
    byHand('is that Alertmanager up? prometheus_notifications_queue_length near its capacity?'),
  ],
  AuthwatchNotificationsFailing: [
    byHand("Alertmanager's log names the receiver and the answer: an expired token, a changed address"),
  ],
}
