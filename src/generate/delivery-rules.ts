import type { AlertRule } from './rule.ts'

const COMMON = {
  severity: 'warning',
  team: 'sre',
  view: 'self',
  keepFiringFor: '10m',
  dashboard: 'authwatch-worker?var-job={{ $labels.job }}',
} as const

/** Alerts on the way from a rule to a person, as Prometheus and Alertmanager see it where they are scraped. */
export const deliveryRules: readonly AlertRule[] = [
  {
    ...COMMON,
    alert: 'AuthwatchRulesFailing',
    expr: `sum by (job, instance, rule_group) (
  increase(prometheus_rule_evaluation_failures_total{rule_group=~".+;authwatch-.+"}[5m])
) > 0`,
    summary: 'Prometheus cannot evaluate rules of authwatch',
    description:
      '{{ $labels.instance }}: {{ $value | humanize }} evaluations of {{ $labels.rule_group }} failed in 5 minutes.',
  },
  {
    ...COMMON,
    alert: 'AuthwatchAlertsUndelivered',
    expr: failing({
      failed: 'prometheus_notifications_errors_total',
      all: 'prometheus_notifications_sent_total',
      by: 'job, instance, alertmanager',
    }),
    summary: 'Prometheus cannot hand alerts to Alertmanager',
    description:
      '{{ $value | humanizePercentage }} of the alerts for {{ $labels.alertmanager }} were lost in 15 minutes.',
  },
  {
    ...COMMON,
    alert: 'AuthwatchNotificationsFailing',
    expr: failing({
      failed: 'alertmanager_notifications_failed_total',
      all: 'alertmanager_notifications_total',
      by: 'job, integration',
    }),
    summary: 'Alertmanager cannot notify anybody by one of its ways',
    description:
      '{{ $value | humanizePercentage }} of the notifications by {{ $labels.integration }} failed in 15 minutes.',
  },
]

/** One failure is a hiccup that is tried again. */
function failing({ failed, all, by }: Readonly<Record<'failed' | 'all' | 'by', string>>): string {
  return [
    `sum by (${by}) (increase(${failed}[15m]))`,
    `/ (sum by (${by}) (increase(${all}[15m])) > 0) > 0.01`,
    `and sum by (${by}) (increase(${failed}[15m])) >= 3`,
  ].join('\n')
}
