import { expect, test } from 'vitest'
import { operationOfPath, pathBelow } from '../../../src/instrument/verdict/operation-of-path.ts'

const known = new Set(['google', 'microsoft-entra-id'] as const)

test.each([
  ['/sign-in/email', 'sign_in_email'],
  ['/sign-in/of-tomorrow', 'sign_in_other'],
  ['/organization/set-active', 'organization'],
  ['/two-factor/verify-totp', 'two_factor'],
  ['/reset-password/a-token', 'reset_password'],
  ['/callback/google', 'callback_google'],
  ['/callback/microsoft-entra-id', 'callback_microsoft_entra_id'],
  ['/oauth2/callback/google', 'callback_google'],
  // Not configured, or made up: no series of their own.
  ['/callback/github', 'callback_other'],
  ['/callback/anything"} 1', 'callback_other'],
  ['/callback/google/more', 'other'],
  ['/constructor', 'other'],
  ['', 'other'],
])('%s is %s', (path, operation) => {
  expect(operationOfPath(path, known).operation).toBe(operation)
})

test.each([
  ['/api/auth', 'https://api.example.com/api/auth/get-session?x=/y', '/get-session'],
  ['/api/auth/', 'https://api.example.com/api/auth/get-session/', '/get-session'],
  ['/', 'https://api.example.com/get-session', '/get-session'],
  ['/api/auth', 'https://api.example.com/api/authority/get-session', '/api/authority/get-session'],
  ['/api/auth', '/api/auth/ok', '/ok'],
])('below %s, the path of %s is %s', (basePath, url, path) => {
  expect(pathBelow(basePath, url)).toBe(path)
})
