import type { ProbeCheck } from '../catalogue/probe.ts'
import type { Result } from '../catalogue/result.ts'
import type { Config } from '../config/load.ts'
import { openFleet, probeTargets, signingKeysOf } from '../run/open-fleet.ts'
import { openTargets } from '../run/open-target.ts'
import { FLEET, type Fleet, runProbe } from '../run/run-probe.ts'
import { exitCodeOf } from './exit-code.ts'
import { probeMatrix, probeRemarks } from './probe-matrix.ts'
import { progress } from './progress.ts'
import { targetOptions } from './target-options.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

export interface ProbeOptions {
  readonly server: string | undefined
  readonly json: boolean
}

/** All probes on their targets: servers side by side, the probes of one server one after the other. */
export async function runProbes(
  probes: readonly ProbeCheck[],
  fleet: Fleet,
  options: { readonly targets: ReadonlySet<string>; readonly onDone: (done: number, of: number) => void },
): Promise<readonly Result[]> {
  const runs = probes.flatMap((probe) =>
    probeTargets(probe, fleet)
      .filter((target) => options.targets.has(target))
      .map((target) => ({ probe, target })),
  )
  let done = 0
  const perTarget = [...options.targets].map(async (target) => {
    const results: Result[] = []
    for (const run of runs.filter((each) => each.target === target)) {
      results.push(await runProbe(run.probe, { target, fleet, clock: Date.now, onStep: () => {} }))
      done += 1
      options.onDone(done, runs.length)
    }
    return results
  })
  return (await Promise.all(perTarget)).flat()
}

/** `authwatch probe`: acts as a client against every server now. Resolves with the exit code. */
export async function probe(config: Config, options: ProbeOptions, terminal: Terminal): Promise<number> {
  const { servers } = config.fleet
  if (servers.length === 0) throw new UsageError('no servers are configured; list them under `servers`')
  if (options.server !== undefined && !servers.some(({ name }) => name === options.server)) {
    throw new UsageError(
      `no server is named ${options.server}; configured are ${servers.map(({ name }) => name).join(', ')}`,
    )
  }
  const { policy } = config
  await using targets = openTargets(targetOptions(config, Date.now))
  await using fleet = openFleet({
    ...config.fleet,
    policy,
    signingKeys: signingKeysOf(targets),
    version: version(),
  })
  const probes = config.checks.filter((check): check is ProbeCheck => check.kind === 'probe')
  const everywhere = [FLEET, ...servers.map(({ name }) => name)]
  const chosen = new Set(options.server === undefined ? everywhere : [options.server])
  using bar = progress('probes', terminal)
  const results = await runProbes(probes, fleet, { targets: chosen, onDone: bar.update })
  bar.finish()
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
