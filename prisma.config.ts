import { defineConfig } from 'prisma/config'

/** For people who inspect or repair the state with Prisma's own tools; authwatch itself does not read this. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(process.env.STATE_DATABASE_URL === undefined
    ? {}
    : { datasource: { url: process.env.STATE_DATABASE_URL } }),
})
