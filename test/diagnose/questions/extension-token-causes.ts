import { test } from 'vitest'
import type { AskedCrm } from './asked-crm.ts'
import { expectCause } from './expect-cause.ts'

/** Why an extension token is refused. */
export function extensionTokenCauses(ask: () => AskedCrm): void {
  test('an extension token is refused: expired, other audience or scope, wildcard, cut', async () => {
    const { crm, token, mint } = ask()
    const link = 'an-extension-token-is-refused'
    expectCause(await token(await mint({ endsIn: -3.5 * 3_600 })), {
      cause: /expired 3 h ago/,
      fix: /new token/,
      link,
    })
    expectCause(await token(await mint({}), ['records:write']), {
      cause: /lacks the scope records:write: 403/,
      fix: /records:write/,
      link,
    })
    expectCause(await token(await mint({}), undefined, 'mail'), {
      cause: /for the extension reports, and is used as one for mail/,
      fix: /mail/,
      link,
    })
    expectCause(await token(await mint({ claims: { scopes: ['*'] } })), {
      cause: /scope \*, which is forbidden/,
      fix: /each by its name/,
      link,
    })
    expectCause(await token(await mint({ claims: { orgId: 'gone' } })), {
      cause: /organization gone, which does not exist/,
      fix: /new token/,
      link,
    })
    const { foreignTenantId } = crm.probes.canary
    expectCause(await token(await mint({ claims: { orgId: foreignTenantId } })), {
      cause: /no member of borealis/,
      fix: /insert into member/,
      link: 'a-user-cannot-reach-an-organization',
    })
    expectCause(await token('eyJhbGciOiJIUzI1NiJ9.cut'), { cause: /no JWT/, fix: /whole token/, link })
  })
}
