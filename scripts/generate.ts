import { fileURLToPath } from 'node:url'
import { checks } from '../src/checks/index.ts'
import { generate } from '../src/generate/generate.ts'

const changed = await generate(checks, fileURLToPath(new URL('..', import.meta.url)))
console.log(changed.length === 0 ? 'everything generated is up to date' : `wrote ${changed.join(', ')}`)
