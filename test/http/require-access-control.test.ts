import { expect, test } from 'vitest'
import { requireAccessControl } from '../../src/http/require-access-control.ts'
import type { WebConfig } from '../../src/http/web-config/read-web-config.ts'

const nobody: WebConfig = { users: new Map(), headers: {} }
const users: WebConfig = { ...nobody, users: new Map([['alice', 'a hash']]) }
const tlsOnly: WebConfig = { ...nobody, tls: { context: {}, clients: { type: '', allowedNames: undefined } } }
const mutual: WebConfig = {
  ...nobody,
  tls: { context: {}, clients: { type: 'RequireAndVerifyClientCert', allowedNames: undefined } },
}

test.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost'])('on %s nobody need be asked', (host) => {
  expect(() => requireAccessControl({ host, allowUnauthenticated: false, web: undefined })).not.toThrow()
})

test.each(['0.0.0.0', '::', '10.0.0.1', '127.example.com', 'metrics.internal'])(
  'on %s somebody must be asked, or it must be said that nobody is',
  (host) => {
    for (const web of [undefined, nobody, tlsOnly]) {
      expect(() => requireAccessControl({ host, allowUnauthenticated: false, web })).toThrow(host)
      expect(() => requireAccessControl({ host, allowUnauthenticated: true, web })).not.toThrow()
    }
    for (const web of [users, mutual]) {
      expect(() => requireAccessControl({ host, allowUnauthenticated: false, web })).not.toThrow()
    }
  },
)
