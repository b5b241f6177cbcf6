import { queryCheck } from '../../catalogue/check.ts'
import { sql } from '../../database/sql.ts'

/**
 * The slug is how a request names its organization (`x-tenant-id`). better-auth compares slugs exactly, so `Acme` and
 * `acme` are two organizations, but host names, bookmarks and people do not keep them apart. Without a slug an
 * organization cannot be named at all. Of equal slugs the rows beyond the oldest count.
 */
export const slugAmbiguous = queryCheck({
  id: 'organization.slug_ambiguous',
  title: 'Organizations have no slug, or one that differs from another only in case',
  every: '15m',
  timeout: '10s',
  rowsOf: 'organization',
  offenders: ({ table }) => {
    const o = table('organization', 'o')
    return sql`
      select "id", "slug", "createdAt"
        from (select ${o.col.id} as "id", ${o.col.slug} as "slug", ${o.col.createdAt} as "createdAt",
                     row_number() over (partition by lower(btrim(${o.col.slug}))
                                        order by ${o.col.createdAt}, ${o.col.id}) as place
                from ${o.from}) as organizations
       where place > 1 or coalesce(btrim("slug"), '') = ''`
  },
  show: ['id', 'slug', 'createdAt'],
  fix: { decide: 'Which customer gets another slug? Its bookmarks and clients change with it.' },
  alerts: [
    {
      severity: 'warning',
      when: [{ metric: 'offenders', is: 'above', threshold: 0 }],
      for: '30m',
      summary: 'Organizations cannot be told apart by their slug',
    },
  ],
})
