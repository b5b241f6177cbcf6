import pg from 'pg'

/** How many rows of each kind. Everything else follows from the number of users. */
export interface Size {
  readonly users: number
  readonly sessions: number
  readonly keys: number
  readonly organizations: number
}

export function sizeOf(scale: number): Size {
  const rows = (full: number) => Math.max(10, Math.round(full * scale))
  return {
    users: rows(1_000_000),
    sessions: rows(10_000_000),
    keys: rows(1_000_000),
    organizations: rows(100_000),
  }
}

/** Longest any one statement of the load may take. */
const LOAD_TIMEOUT_MS = 600_000

/** Ids as random as better-auth's own, so that index pages are hit in no order. `n` counts from 1. */
const id = (kind: string, n: string): string => `md5('${kind}' || (${n}))`

function people({ users, organizations }: Size): readonly string[] {
  const created = `now() - interval '1 hour' - interval '700 days' * (1 - n::float8 / ${users})`
  const organization = `(n - 1) % ${organizations} + 1`
  return [
    `insert into organization (id, name, slug, "createdAt")
     select ${id('o', 'n')}, 'Organization ' || n, 'organization-' || n, now() - interval '800 days'
       from generate_series(1, ${organizations}) as n`,
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt", role, banned, "twoFactorEnabled")
     select ${id('u', 'n')}, 'Name of ' || n, 'user' || n || '@example.test', n % 20 <> 0, ${created}, ${created},
            'user', false, n % 20 = 1
       from generate_series(1, ${users}) as n`,
    `insert into account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
     select ${id('a', 'n')}, ${id('u', 'n')}, 'credential', ${id('u', 'n')},
            md5('salt' || n) || ':' || repeat(md5('hash' || n), 4), ${created}, ${created}
       from generate_series(1, ${users}) as n`,
    // The first user of each organization owns it.
    `insert into member (id, "organizationId", "userId", role, "createdAt")
     select ${id('m', 'n')}, ${id('o', organization)}, ${id('u', 'n')},
            case when n <= ${organizations} then 'owner' else 'member' end, ${created}
       from generate_series(1, ${users}) as n`,
    `insert into "twoFactor" (id, secret, "backupCodes", "userId", verified, "failedVerificationCount")
     select ${id('t', 'n')}, md5('s' || n), repeat(md5('b' || n), 8), ${id('u', 'n * 20 - 19')}, true, 0
       from generate_series(1, ${Math.ceil(users / 20)}) as n`,
  ]
}

/** Nine days of sign-ins, in order: a clean-up that runs every other night has left two days of expired sessions. */
function sessions({ users, sessions, organizations }: Size): readonly string[] {
  const created = `now() - interval '214 hours' * (1 - n::float8 / ${sessions})`
  // Coprime to the number of users, so that neighbours in the table belong to different people.
  const user = `(n * 7919) % ${users} + 1`
  const organization = `((n * 7919) % ${users}) % ${organizations} + 1`
  return [
    `insert into session (id, "expiresAt", token, "createdAt", "updatedAt", "ipAddress", "userAgent", "userId",
                          "activeOrganizationId")
     select ${id('s', 'n')}, ${created} + interval '7 days', ${id('token', 'n')}, ${created}, ${created},
            '198.51.100.' || n % 250,
            'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
            ${id('u', user)}, ${id('o', organization)}
       from generate_series(1, ${sessions}::bigint) as n`,
  ]
}

/** Keys in daily use; half never expire, the others not soon. */
function keys({ users, keys }: Size): readonly string[] {
  const created = `now() - interval '80 days' * ((n * 31) % 997) / 997.0`
  const used = `now() - interval '30 days' * ((n * 17) % 991) / 991.0`
  return [
    `insert into apikey (id, "configId", name, start, "referenceId", key, enabled, "rateLimitEnabled",
                         "rateLimitTimeWindow", "rateLimitMax", "requestCount", "lastRequest", "expiresAt",
                         "createdAt", "updatedAt")
     select ${id('k', 'n')}, 'default', 'Key ' || n, left(md5('p' || n), 6), ${id('u', `n % ${users} + 1`)},
            rtrim(translate(encode(sha256(('key' || n)::bytea), 'base64'), '+/', '-_'), '='), true, true,
            86400000, 10, n % 6, ${used}, case when n % 2 = 0 then now() + interval '30 days' * (1 + n % 11) end,
            ${created}, greatest(${created}, ${used})
       from generate_series(1, ${keys}) as n`,
  ]
}

function rest({ users, organizations }: Size): readonly string[] {
  return [
    `insert into verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
     select ${id('v', 'n')}, 'reset-password:' || left(md5('i' || n), 24), ${id('u', 'n')},
            now() + interval '1 hour' * (n % 60 - 20) / 20.0, now(), now()
       from generate_series(1, ${Math.ceil(users / 10)}) as n`,
    `insert into invitation (id, "organizationId", email, role, status, "expiresAt", "createdAt", "inviterId")
     select ${id('i', 'n')}, ${id('o', `n % ${organizations} + 1`)}, 'invited' || n || '@example.test', 'member',
            'accepted', now() - interval '300 days', now() - interval '302 days',
            ${id('u', `n % ${organizations} + 1`)}
       from generate_series(1, ${organizations}) as n`,
    `insert into jwks (id, "publicKey", "privateKey", "createdAt", alg, crv)
     values ('j', '{}', '{}', now() - interval '90 days', 'EdDSA', 'Ed25519')`,
    `insert into "rateLimit" (id, key, count, "lastRequest")
     select ${id('r', 'n')}, '198.51.100.' || n || '|/sign-in/email', 1, (extract(epoch from now()) * 1000)::bigint
       from generate_series(1, ${Math.ceil(users / 50)}) as n`,
  ]
}

/** Keys and indexes of the tables, as SQL that makes them anew: in that order, because foreign keys need the others. */
const CONSTRAINTS = `
  select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
         format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as add
    from pg_constraint where contype in ('p', 'u', 'f') and connamespace = 'public'::regnamespace
   order by contype = 'f', conrelid::regclass::text, conname`
const INDEXES = `
  select format('drop index %s', i.indexrelid::regclass) as drop, pg_get_indexdef(i.indexrelid) as add
    from pg_index i join pg_class c on c.oid = i.indexrelid
   where c.relnamespace = 'public'::regnamespace
     and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))
   order by 1`

/** Building an index over ten million rows at once takes a fraction of the time that adding them one by one does. */
async function withoutIndexes(client: pg.Client, load: () => Promise<void>): Promise<void> {
  const { rows: constraints } = await client.query<{ drop: string; add: string }>(CONSTRAINTS)
  const { rows: indexes } = await client.query<{ drop: string; add: string }>(INDEXES)
  for (const { drop } of [...constraints.toReversed(), ...indexes]) await client.query(drop)
  await load()
  for (const { add } of [...indexes, ...constraints]) await client.query(add)
}

/** Fills better-auth's empty tables with an application in good health, and lets PostgreSQL take its statistics. */
export async function fillApplication(url: string, size: Size): Promise<void> {
  const client = new pg.Client({ connectionString: url, query_timeout: LOAD_TIMEOUT_MS })
  await client.connect()
  try {
    // Vacuum takes no row for settled whose commit is not in the log yet, and counting would read every page.
    await client.query('set synchronous_commit = on')
    await client.query("set maintenance_work_mem = '1GB'")
    await withoutIndexes(client, async () => {
      for (const statement of [...people(size), ...sessions(size), ...keys(size), ...rest(size)]) {
        await client.query(statement)
      }
    })
    await client.query('vacuum analyze')
    await client.query('checkpoint')
  } finally {
    await client.end()
  }
}
