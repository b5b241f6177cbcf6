import type { SettingsPatch } from '../../src/demo/fleet.ts'
import type { ProbeFleet } from './probe-fleet.ts'

/** Gives several servers settings at once while `work` runs, and then back what they had. */
export async function whileChanged(
  { fleet }: ProbeFleet,
  changes: Readonly<Record<string, SettingsPatch>>,
  work: () => Promise<void>,
): Promise<void> {
  const before = Object.keys(changes).map((name) => [name, fleet.server(name).settings] as const)
  try {
    await Promise.all(Object.entries(changes).map(([name, patch]) => fleet.restart(name, patch)))
    await work()
  } finally {
    await Promise.all(before.map(([name, settings]) => fleet.restart(name, settings)))
  }
}
