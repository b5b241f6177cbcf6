import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { colours } from './palette.ts'
import { JOB } from './selectors.ts'
import { seriesPanel } from './series-panel.ts'

/** What the databases hold, which tells of sign-ins even where no events are counted. */
export function populationPanels(): readonly Panel[] {
  const noValue = 'no database was looked at'
  return [
    seriesPanel({
      title: 'New sessions',
      description:
        'Sessions made in the last 5 minutes that are still there: the sign-in rate as the database sees it.',
      unit: 'short',
      noValue,
      queries: [
        {
          expr: `max by (target) (authwatch_sessions_by_age{${JOB},age="under_5m"})`,
          legend: '{{target}}',
        },
      ],
      width: 8,
    }),
    seriesPanel({
      title: 'Sessions',
      description: 'Rows by whether they have expired. Expired ones that pile up slow every look-up down.',
      unit: 'short',
      noValue,
      queries: [
        {
          expr: `sum by (state) (max by (job, target, state) (authwatch_sessions{${JOB}}))`,
          legend: '{{state}}',
        },
      ],
      colours: { active: colours.good, expired: colours.absent },
      width: 8,
    }),
    seriesPanel({
      title: 'Sign-ups in a day',
      description: 'Users made within 24 hours, and those of them who are in no organization.',
      unit: 'short',
      noValue,
      queries: [
        {
          expr: `sum(max by (job, target) (authwatch_users_created_within_day{${JOB}}))`,
          legend: 'new users',
        },
        {
          expr: `sum(max by (job, target) (authwatch_users_without_organization{${JOB},age="new"}))`,
          legend: 'without organization',
        },
      ],
      colours: { 'new users': colours.good, 'without organization': colours.bad },
      width: 8,
    }),
  ]
}
