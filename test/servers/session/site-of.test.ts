import { expect, test } from 'vitest'
import { siteOf } from '../../../src/servers/session/site-of.ts'

test.each([
  ['https://app.crm.example.com', 'https://example.com'],
  ['https://example.com:8443', 'https://example.com'],
  ['http://app.example.com', 'http://example.com'],
  ['https://shop.example.co.uk', 'https://example.co.uk'],
  ['https://tenant.github.io', 'https://tenant.github.io'],
  ['http://localhost:3000', 'http://localhost'],
  ['http://127.0.0.1:3000', 'http://127.0.0.1'],
  ['http://[::1]:3000', 'http://[::1]'],
])('%s is on the site %s', (url, site) => {
  expect(siteOf(url)).toBe(site)
})
