import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { type Document, parseDocument } from 'yaml'
import { z } from 'zod'
import { asksForCertificate, type ClientPolicy } from './client-certificates.ts'
import { curves, suites12, suites13, tlsVersions } from './go-names.ts'
import { type WebConfigFile, webConfigSchema } from './schema.ts'
import { WebConfigError } from './web-config-error.ts'

type TlsSection = NonNullable<WebConfigFile['tls_server_config']>

/** Who may speak to the worker over HTTP, and how. */
export interface WebConfig {
  /** Absent: HTTP without TLS. */
  readonly tls?: { readonly context: SecureContextOptions; readonly clients: ClientPolicy }
  /** bcrypt hashes by name; empty: nobody is asked. */
  readonly users: ReadonlyMap<string, string>
  /** Headers of every answer, in place of our own. */
  readonly headers: Readonly<Record<string, string>>
}

/** Reads the file and the certificates it names; `onOpen` is told of each just before. Throws WebConfigError. */
export function readWebConfig(path: string, onOpen: (file: string) => void = () => {}): WebConfig {
  const read = (file: string, key: string): string => {
    onOpen(file)
    try {
      return readFileSync(file, 'utf8')
    } catch (cause) {
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
      throw new WebConfigError(`${path}: ${key}${file} cannot be read (${why})`)
    }
  }
  const file = parse(read(path, ''), path)
  const section = file.tls_server_config
  const tls = section && usesTls(section) ? tlsOf(section, { path, read }) : undefined
  const headers = Object.entries(file.http_server_config?.headers ?? {}).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as const],
  )
  return {
    ...(tls === undefined ? {} : { tls }),
    users: new Map(Object.entries(file.basic_auth_users ?? {})),
    headers: Object.fromEntries(headers),
  }
}

/** Whether somebody must prove who they are before they are answered. */
export function asksWhoItIs({ users, tls }: WebConfig): boolean {
  return users.size > 0 || tls?.clients.type === 'RequireAndVerifyClientCert'
}

function parse(text: string, path: string): WebConfigFile {
  const document = parseDocument(text, { uniqueKeys: true })
  const [fault] = document.errors
  if (fault !== undefined) throw new WebConfigError(`${path}: ${fault.message.split('\n')[0]}`)
  const parsed = webConfigSchema.safeParse(toValue(document, path) ?? {})
  if (parsed.success) return parsed.data
  throw new WebConfigError(`${path}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`)
}

/** What aliases come to is known only now. */
function toValue(document: Document, path: string): unknown {
  try {
    return document.toJS()
  } catch {
    throw new WebConfigError(`${path}: an alias (*) has no anchor (&), or there are too many`)
  }
}

function usesTls({ cert_file, key_file, client_ca_file, client_auth_type }: TlsSection): boolean {
  return [cert_file, key_file, client_ca_file, client_auth_type].some((value) => value !== '')
}

interface Reading {
  readonly path: string
  readonly read: (file: string, key: string) => string
}

function tlsOf(section: TlsSection, { path, read }: Reading): NonNullable<WebConfig['tls']> {
  const beside = (name: string) => resolve(dirname(path), name)
  const required = (key: 'cert_file' | 'key_file'): string => {
    if (section[key] === '') throw new WebConfigError(`${path}: tls_server_config has no ${key}`)
    return read(beside(section[key]), `${key} `)
  }
  const clients: ClientPolicy = {
    type: section.client_auth_type,
    allowedNames: section.client_allowed_sans ?? undefined,
  }
  if (section.client_ca_file !== '' && !asksForCertificate(clients)) {
    throw new WebConfigError(`${path}: client_ca_file needs a client_auth_type`)
  }
  const demands = section.client_auth_type.startsWith('Require')
  if (clients.allowedNames !== undefined && !demands) {
    throw new WebConfigError(
      `${path}: client_allowed_sans needs a client_auth_type that demands a certificate`,
    )
  }
  const context: SecureContextOptions = {
    cert: required('cert_file'),
    key: required('key_file'),
    ...(section.client_ca_file === '' ? {} : { ca: read(beside(section.client_ca_file), 'client_ca_file ') }),
    minVersion: tlsVersions[section.min_version],
    maxVersion: tlsVersions[section.max_version],
    honorCipherOrder: section.prefer_server_cipher_suites,
    ...cipherOptions(section),
  }
  try {
    createSecureContext(context)
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new WebConfigError(`${path}: the certificate, its key and the rest do not go together (${why})`)
  }
  return { context, clients }
}

function cipherOptions({ cipher_suites, curve_preferences }: TlsSection): SecureContextOptions {
  const listed = (cipher_suites ?? []).flatMap((name) => suites12[name] ?? [])
  const preferred = (curve_preferences ?? []).flatMap((name) => curves[name] ?? [])
  return {
    ...(listed.length === 0 ? {} : { ciphers: [...suites13, ...listed].join(':') }),
    ...(preferred.length === 0 ? {} : { ecdhCurve: preferred.join(':') }),
  }
}
