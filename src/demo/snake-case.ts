/** The CRM's names for what better-auth calls in camel case: tables and columns as its SQL runbook has them. */
export const user = { fields: snakeCase('emailVerified', 'createdAt', 'updatedAt') }

export const session = {
  fields: snakeCase('userId', 'expiresAt', 'createdAt', 'updatedAt', 'ipAddress', 'userAgent'),
}

export const account = {
  fields: snakeCase(
    'accountId',
    'providerId',
    'userId',
    'accessToken',
    'refreshToken',
    'idToken',
    'accessTokenExpiresAt',
    'refreshTokenExpiresAt',
    'createdAt',
    'updatedAt',
  ),
}

export const verification = { fields: snakeCase('expiresAt', 'createdAt', 'updatedAt') }

export const organization = {
  organization: { fields: snakeCase('createdAt') },
  member: { fields: snakeCase('organizationId', 'userId', 'createdAt') },
  invitation: { fields: snakeCase('organizationId', 'expiresAt', 'createdAt', 'inviterId') },
  session: { fields: snakeCase('activeOrganizationId') },
}

export const admin = {
  user: { fields: snakeCase('banReason', 'banExpires') },
  session: { fields: snakeCase('impersonatedBy') },
}

export const jwks = { jwks: { fields: snakeCase('publicKey', 'privateKey', 'createdAt', 'expiresAt') } }

export const apiKey = {
  apikey: {
    modelName: 'api_key',
    fields: snakeCase(
      'configId',
      'referenceId',
      'refillInterval',
      'refillAmount',
      'lastRefillAt',
      'rateLimitEnabled',
      'rateLimitTimeWindow',
      'rateLimitMax',
      'requestCount',
      'lastRequest',
      'expiresAt',
      'createdAt',
      'updatedAt',
    ),
  },
}

/** `{ userId: 'user_id' }` for `userId`. */
function snakeCase<Name extends string>(...names: readonly Name[]): Partial<Record<Name, string>> {
  const fields: Partial<Record<Name, string>> = {}
  for (const name of names) fields[name] = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return fields
}
