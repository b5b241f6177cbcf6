import { fileURLToPath } from 'node:url'
import { catalogue } from '../src/commands/catalogue.ts'
import { generate } from '../src/generate/generate.ts'

const changed = await generate(catalogue, fileURLToPath(new URL('..', import.meta.url)))
console.log(changed.length === 0 ? 'everything generated is up to date' : `wrote ${changed.join(', ')}`)
