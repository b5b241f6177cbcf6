import pLimit from 'p-limit'
import { isProbeCheck } from '../catalogue/check.ts'
import { groupBy } from '../catalogue/group-by.ts'
import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Result } from '../catalogue/result.ts'
import type { Config } from '../config/load.ts'
import { probeTargets } from '../run/open-fleet.ts'
import { probeNow } from '../run/probe-now.ts'
import { FLEET, type Fleet } from '../run/run-probe.ts'
import { SERVERS_AT_ONCE } from '../servers/fleet/each-server.ts'
import { openPlaces } from './open-places.ts'
import { exitCodeOf } from './terminal/exit-code.ts'
import { probeMatrix, probeRemarks } from './terminal/probe-matrix.ts'
import { progress } from './terminal/progress.ts'
import type { Terminal } from './terminal/terminal.ts'
import { UsageError } from './terminal/usage-error.ts'
import { printTraces } from './traces.ts'

export interface ProbeOptions {
  readonly server: string | undefined
  readonly json: boolean
}

/**
 * All probes on their targets: servers side by side, 64 at once, and the probes of one server one after the other. Who
 * lets the first, which asks whether it answers at all, time out is not asked again in this round: its other probes
 * could not look, and the fleet's do not wait for it. What a limiter refused is asked once more.
 */
export async function runProbes(
  probes: readonly ProbeCheck[],
  fleet: Fleet,
  options: { readonly targets: ReadonlySet<string>; readonly onDone: (done: number, of: number) => void },
): Promise<readonly Result[]> {
  const ordered = probes.toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)))
  const runs = ordered.flatMap((probe) =>
    probeTargets(probe, fleet)
      .filter((target) => options.targets.has(target))
      .map((target) => ({ probe, target })),
  )
  const byTarget = groupBy(runs, ({ target }) => target)
  const silent = new Map<string, string>()
  let done = 0
  const runTarget = async (target: string) => {
    const results: Result[] = []
    for (const { probe } of byTarget.get(target) ?? []) {
      const result = await probeNow(probe, { target, fleet: { ...fleet, silent } })
      if (isFirst(probe) && timedOut(result)) silent.set(target, probe.id)
      results.push(result)
      done += 1
      options.onDone(done, runs.length)
    }
    return results
  }
  const limit = pLimit(SERVERS_AT_ONCE)
  // The fleet waits for no place: its probes take as long as all of a server's.
  const perTarget = [...options.targets].map((target) =>
    target === FLEET ? runTarget(target) : limit(() => runTarget(target)),
  )
  return (await Promise.all(perTarget)).flat()
}

function isFirst({ judgesReachability }: ProbeCheck): boolean {
  return judgesReachability === true
}

function timedOut({ verdict }: Result): boolean {
  return verdict.state === 'fail' && verdict.findings.some(({ detail }) => detail.reason === 'timeout')
}

/**
 * Each server, and all of them together.
 * @throws UsageError when there is no server
 */
export function placesOfProbes({ fleet }: Config): readonly string[] {
  if (fleet.servers.length === 0) {
    throw new UsageError('no servers are configured; list them under `servers`')
  }
  return [FLEET, ...fleet.servers.map(({ name }) => name)]
}

/** `authwatch probe`: acts as a client against every server now. Resolves with the exit code. */
export async function probe(config: Config, options: ProbeOptions, terminal: Terminal): Promise<number> {
  const { servers } = config.fleet
  const everywhere = placesOfProbes(config)
  if (options.server !== undefined && !servers.some(({ name }) => name === options.server)) {
    throw new UsageError(
      `no server is named ${options.server}; configured are ${servers.map(({ name }) => name).join(', ')}`,
    )
  }
  await using places = openPlaces(config)
  const probes = config.checks.filter(isProbeCheck)
  const chosen = new Set(options.server === undefined ? everywhere : [options.server])
  using bar = progress('probes', terminal)
  const results = await runProbes(probes, places.fleet, { targets: chosen, onDone: bar.update })
  bar.finish()
  printTraces(results, terminal)
  if (options.json) terminal.out(`${JSON.stringify({ results }, null, 2)}\n`)
  else {
    const shown = servers.map(({ name }) => name).filter((name) => chosen.has(name))
    const asked = probes.filter(({ scope }) => scope === 'server' || chosen.has(FLEET))
    terminal.out(`${probeMatrix({ probes: asked, servers: shown, results, terminal })}\n`)
    const remarks = probeRemarks(results, terminal)
    if (remarks !== '') terminal.out(`\n${remarks}\n`)
  }
  return exitCodeOf(results)
}
