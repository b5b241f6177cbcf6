import type { AlertPolicy } from '../../catalogue/alert-policy.ts'
import { alertName, type CheckId } from '../../catalogue/naming.ts'
import type { Link } from './panel.ts'

type Place = Pick<AlertPolicy, 'runbookUrl'>

/** The way to the section of an alert, as Markdown renderers name its heading. */
export function runbook({ runbookUrl }: Place, alert: `Authwatch${string}`): Link {
  return { title: `Runbook: ${alert}`, url: `${runbookUrl}#${alert.toLowerCase()}` }
}

export function runbookOfCheck(place: Place, id: CheckId): Link {
  return { title: `Runbook: ${id}`, url: `${place.runbookUrl}#${alertName(id).toLowerCase()}` }
}

/** From a cell of a table whose column `runbook` holds the heading. */
export function runbookOfRow({ runbookUrl }: Place): Link {
  return { title: 'Runbook', url: `${runbookUrl}#\${__data.fields.runbook}` }
}
