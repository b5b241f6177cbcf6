import { fileURLToPath } from 'node:url'
import { defaultAlertPolicy } from '../src/catalogue/alert-policy.ts'
import { catalogue } from '../src/commands/catalogue.ts'
import { generate } from '../src/generate/generate.ts'

const changed = await generate({
  checks: catalogue,
  policy: defaultAlertPolicy,
  folder: fileURLToPath(new URL('..', import.meta.url)),
  documents: 'sections',
})
console.log(changed.length === 0 ? 'everything generated is up to date' : `wrote ${changed.join(', ')}`)
