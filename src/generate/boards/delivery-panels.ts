import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { runbook } from './runbook.ts'
import { seriesPanel } from './series-panel.ts'

/** The way from a rule to a person, where Prometheus and Alertmanager are scraped themselves: jobs of their own. */
export function deliveryPanels(policy: AlertPolicy): readonly Panel[] {
  return [
    seriesPanel({
      title: 'Rules that cannot be evaluated',
      description: 'Of authwatch, as Prometheus counts them.',
      unit: 'short',
      noValue: 'Prometheus is not scraped',
      queries: [
        {
          // Its name begins with the path of its file.
          expr: 'sum by (group) (label_replace(increase(prometheus_rule_evaluation_failures_total{rule_group=~".+;authwatch-.+"}[$__rate_interval]), "group", "$1", "rule_group", ".+;(.+)"))',
          legend: '{{group}}',
        },
      ],
      width: 8,
      links: [runbook(policy, 'AuthwatchRulesFailing')],
    }),
    seriesPanel({
      title: 'Alerts that do not reach Alertmanager',
      description: 'As Prometheus counts them, beside those that were sent.',
      unit: 'short',
      noValue: 'Prometheus is not scraped, or knows no Alertmanager',
      queries: [
        {
          expr: 'sum by (alertmanager) (increase(prometheus_notifications_errors_total[$__rate_interval]))',
          legend: 'lost {{alertmanager}}',
        },
        {
          expr: 'sum by (alertmanager) (increase(prometheus_notifications_sent_total[$__rate_interval]))',
          legend: 'sent {{alertmanager}}',
        },
      ],
      width: 8,
      links: [runbook(policy, 'AuthwatchAlertsUndelivered')],
    }),
    seriesPanel({
      title: 'Notifications that reach nobody',
      description: 'By the way they were sent, as Alertmanager counts them, beside all of them.',
      unit: 'short',
      noValue: 'Alertmanager is not scraped',
      queries: [
        {
          expr: 'sum by (integration) (increase(alertmanager_notifications_failed_total[$__rate_interval]))',
          legend: 'failed {{integration}}',
        },
        {
          expr: 'sum by (integration) (increase(alertmanager_notifications_total[$__rate_interval]) > 0)',
          legend: 'sent {{integration}}',
        },
      ],
      width: 8,
      links: [runbook(policy, 'AuthwatchNotificationsFailing')],
    }),
  ]
}
