// What an application imports from `authwatch/better-auth`. It brings no dependency of its own, and does nothing
// until it is called.

export type { ApplicationFailure, Provider } from '../events/vocabulary.ts'
export { type AttestOptions, attest } from './attestation/attest.ts'
export type { Attestation, AttestedSettings } from './attestation/attestation.ts'
export type { StatedSettings } from './attestation/attested-settings.ts'
export { type AuthwatchPlugin, authwatchPlugin } from './authwatch-plugin.ts'
export { type Instrumented, instrument } from './instrument.ts'
export { InstrumentError, type InstrumentErrorCode } from './instrument-error.ts'
export type { InstrumentOptions } from './instrument-options.ts'
export type { CountingControls } from './open-counting.ts'
export type { PushOptions } from './sinks/push-client.ts'
export type { RegistryLike } from './sinks/registry-metric.ts'
