import { z } from 'zod'
import { curves, suites12, suites13, tlsVersions } from './go-names.ts'

/** Of Go's ClientAuthType. `RequireClientCert` is an older name of `RequireAnyClientCert`. */
export const clientAuthTypes = [
  '',
  'NoClientCert',
  'RequestClientCert',
  'RequireClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const

const nameIn = (names: readonly string[]) =>
  z.string().refine((name) => names.includes(name), { error: `must be one of ${names.join(', ')}` })

const header = (values?: readonly string[]) =>
  z
    .string()
    .refine((value) => value === '' || values === undefined || values.includes(value.toLowerCase()), {
      error: `must be one of ${values?.join(', ')}`,
    })
    .optional()

/** Only what bcrypt makes: `htpasswd -nBC 10 "" | tr -d ':\n'`. */
const bcryptHash = z.string().regex(/^\$2[abxy]?\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/, {
  error: 'must be a bcrypt hash, as of `htpasswd -nBC 10 ""`',
})

/** The format of Prometheus's exporter-toolkit, so that one file serves every exporter of a host. */
export const webConfigSchema = z.strictObject({
  tls_server_config: z
    .strictObject({
      cert_file: z.string().default(''),
      key_file: z.string().default(''),
      client_auth_type: z.enum(clientAuthTypes).default(''),
      client_ca_file: z.string().default(''),
      client_allowed_sans: z.array(z.string()).nullish(),
      min_version: nameIn(Object.keys(tlsVersions)).default('TLS12'),
      max_version: nameIn(Object.keys(tlsVersions)).default('TLS13'),
      cipher_suites: z.array(nameIn([...suites13, ...Object.keys(suites12)])).nullish(),
      prefer_server_cipher_suites: z.boolean().default(true),
      curve_preferences: z.array(nameIn(Object.keys(curves))).nullish(),
    })
    .nullish(),
  http_server_config: z
    .strictObject({
      /** Accepted and without effect: what is served is HTTP/1.1. */
      http2: z.boolean().default(true),
      headers: z
        .strictObject({
          'Content-Security-Policy': header(),
          'X-Frame-Options': header(['deny', 'sameorigin']),
          'X-Content-Type-Options': header(['nosniff']),
          'X-XSS-Protection': header(),
          'Strict-Transport-Security': header(),
        })
        .nullish(),
    })
    .nullish(),
  basic_auth_users: z.record(z.string(), bcryptHash).nullish(),
})

export type WebConfigFile = z.infer<typeof webConfigSchema>
