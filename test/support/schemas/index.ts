import { camelCase } from './camel-case.ts'
import { noApiKey } from './no-api-key.ts'
import { noOrganization } from './no-organization.ts'
import { olderApiKey } from './older-api-key.ts'
import { otherSchema } from './other-schema.ts'
import { prismaPascal } from './prisma-pascal.ts'
import { snakeCase } from './snake-case.ts'
import type { Naming, TestSchema } from './test-schema.ts'

export { NAMINGS } from './test-schema.ts'

export const SCHEMAS: Readonly<Record<Naming, TestSchema>> = {
  camelCase,
  snakeCase,
  prismaPascal,
  olderApiKey,
  noApiKey,
  noOrganization,
  otherSchema,
}
