import { readFileSync } from 'node:fs'
import { propertyOf, textOf } from '../json-copy.ts'
import type { AttestedSettings } from './attestation.ts'

/** Settings of the application's own. */
export interface StatedSettings {
  /** How long the extension tokens live that this server makes. The same value as it makes them with, not a copy. */
  readonly extensionTokenLifetimeSeconds?: number | undefined
}

/** @throws TypeError for a lifetime that is none */
export function checkStated({ extensionTokenLifetimeSeconds: lifetime = 1 }: StatedSettings = {}): void {
  if (Number.isFinite(lifetime) && lifetime > 0) return
  throw new TypeError(`Not a lifetime in seconds: ${lifetime}`)
}

/**
 * Reads the settings in force out of better-auth's context, of which only the parts are used that are there, and adds
 * those that the application states.
 */
export function attestedSettings(context: unknown, stated: StatedSettings = {}): AttestedSettings {
  const { extensionTokenLifetimeSeconds: lifetime } = stated
  const options = propertyOf(context, 'options')
  const baseURL = textOf(context, 'baseURL')
  return {
    baseURL: baseURL === undefined || baseURL === '' ? null : new URL(baseURL).origin,
    basePath: basePathOf(baseURL, options),
    cookie: cookieOf(propertyOf(propertyOf(context, 'authCookies'), 'sessionToken')),
    nodeEnv: process.env.NODE_ENV ?? null,
    session: sessionOf(propertyOf(context, 'sessionConfig'), propertyOf(options, 'session')),
    ...(lifetime === undefined ? {} : { extensionToken: { lifetime } }),
    trustedOrigins: originsOf(propertyOf(context, 'trustedOrigins')),
    rateLimit: {
      enabled: propertyOf(propertyOf(context, 'rateLimit'), 'enabled') === true,
      storage: textOf(propertyOf(context, 'rateLimit'), 'storage') ?? null,
    },
    versions: {
      node: process.version,
      betterAuth: textOf(context, 'version') ?? null,
      authwatch: ownVersion(),
    },
  }
}

function basePathOf(baseURL: string | undefined, options: unknown): string {
  if (baseURL !== undefined && baseURL !== '') return new URL(baseURL).pathname
  return textOf(options, 'basePath') ?? '/api/auth'
}

function cookieOf(cookie: unknown): AttestedSettings['cookie'] {
  const attributes = propertyOf(cookie, 'attributes') ?? propertyOf(cookie, 'options')
  return {
    name: textOf(cookie, 'name') ?? '',
    domain: textOf(attributes, 'domain') ?? null,
    path: textOf(attributes, 'path') ?? null,
    secure: propertyOf(attributes, 'secure') === true,
    httpOnly: propertyOf(attributes, 'httpOnly') === true,
    sameSite: textOf(attributes, 'sameSite')?.toLowerCase() ?? null,
  }
}

function sessionOf(config: unknown, configured: unknown): AttestedSettings['session'] {
  const cache = propertyOf(configured, 'cookieCache')
  const enabled = propertyOf(cache, 'enabled') === true
  return {
    expiresIn: numberOf(config, 'expiresIn'),
    updateAge: numberOf(config, 'updateAge'),
    // 300 is better-auth's own default.
    cookieCache: { enabled, maxAge: enabled ? (numberOf(cache, 'maxAge') ?? 300) : null },
  }
}

function originsOf(origins: unknown): readonly string[] {
  if (!Array.isArray(origins)) return []
  return [...new Set(origins.filter((origin) => typeof origin === 'string'))].toSorted()
}

function numberOf(value: unknown, name: string): number | null {
  const property = propertyOf(value, name)
  return typeof property === 'number' ? property : null
}

/** Null in a bundle, which has no package around it. */
function ownVersion(): string | null {
  try {
    const file = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
    const content: unknown = JSON.parse(file)
    return textOf(content, 'name') === 'authwatch' ? (textOf(content, 'version') ?? null) : null
  } catch {
    return null
  }
}
