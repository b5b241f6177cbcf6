import type { PeerCertificate } from 'node:tls'
import type { clientAuthTypes } from './schema.ts'

/** As much of a TLS connection as the decision needs. */
export interface ClientConnection {
  /** Whether the certificate, if there is one, was signed by the configured authority. */
  readonly authorized: boolean
  getPeerCertificate(): Pick<PeerCertificate, 'raw' | 'subjectaltname'> | object
}

export interface ClientPolicy {
  readonly type: (typeof clientAuthTypes)[number]
  /** Names of which the certificate must have one; undefined: any will do. */
  readonly allowedNames: readonly string[] | undefined
}

/** Whether the client is asked for a certificate at all. */
export function asksForCertificate({ type }: ClientPolicy): boolean {
  return type !== '' && type !== 'NoClientCert'
}

/** Whether a client may speak to us, by the certificate it has shown or has not. */
export function allowsClient(connection: ClientConnection, policy: ClientPolicy): boolean {
  const certificate = connection.getPeerCertificate()
  const shown = 'raw' in certificate
  switch (policy.type) {
    case '':
    case 'NoClientCert':
    case 'RequestClientCert':
      return true
    case 'VerifyClientCertIfGiven':
      return !shown || connection.authorized
    case 'RequireClientCert':
    case 'RequireAnyClientCert':
      return shown && hasAllowedName(certificate, policy)
    case 'RequireAndVerifyClientCert':
      return shown && connection.authorized && hasAllowedName(certificate, policy)
  }
}

function hasAllowedName(certificate: object, { allowedNames }: ClientPolicy): boolean {
  if (allowedNames === undefined) return true
  const text = 'subjectaltname' in certificate ? certificate.subjectaltname : undefined
  return typeof text === 'string' && namesOf(text).some((name) => allowedNames.includes(name))
}

/**
 * The alternative names of a certificate, as in `DNS:a.example, IP Address:10.0.0.1`. Node quotes a name that could be
 * taken for several; such a name is none, because nobody allows one.
 */
function namesOf(text: string): readonly string[] {
  return text.split(', ').flatMap((part) => {
    const name = /^(?:DNS|IP Address|email|URI):([^"]+)$/.exec(part)?.[1]
    return name === undefined ? [] : [name]
  })
}
