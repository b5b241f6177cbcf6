import { gauge } from '../../catalogue/check.ts'
import { serverCertificateRemaining } from '../../catalogue/families/server.ts'
import { probe } from '../../catalogue/probe.ts'

const DAY = 86_400
/** Automatic renewal begins 30 days before the end of a 90-day certificate: at 14 it has failed for weeks. */
const WARN_DAYS = 14
/** What is left for doing it by hand, over a weekend. */
const CRITICAL_DAYS = 3

/** The certificate that the server itself shows, trusted or not; it passes without a number when there is no TLS. */
export const tlsExpiring = probe({
  id: 'tls.expiring',
  title: "A server's TLS certificate expires soon",
  every: '15m',
  timeout: '10s',
  scope: 'server',
  steps: ['certificate'],
  reasons: ['expiring', 'expired'],
  needs: [],
  gauges: { remaining: gauge(serverCertificateRemaining, {}) },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'remaining', is: 'below', threshold: WARN_DAYS * DAY }],
      for: '1h',
      summary: 'A TLS certificate expires soon: its renewal does not work',
    },
    {
      severity: 'critical',
      when: [{ metric: 'remaining', is: 'below', threshold: CRITICAL_DAYS * DAY }],
      for: '5m',
      summary: 'A TLS certificate is about to expire, or has',
    },
  ],
  async run({ server, now, trace }) {
    const expiry = await trace.step('certificate', () => server.certificateExpiry())
    if (expiry === null) return undefined
    const remaining = (expiry.getTime() - now()) / 1000
    const expires = expiry.toISOString()
    if (remaining <= 0) trace.fail('certificate', 'expired', { expires })
    else if (remaining < WARN_DAYS * DAY) trace.fail('certificate', 'expiring', { expires })
    return { gauges: { remaining } }
  },
})
