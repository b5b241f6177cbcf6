import { expect, test, vi } from 'vitest'
vi.hoisted(() => { process.env.NODE_ENV = 'production' })
import { openWorld } from './full-world.ts'
import { countedBy } from './counters.ts'
test('smoke', async () => {
  await using world = await openWorld()
  const p = await world.person()
  const b = await world.signedIn(p)
  console.log(b.cookies)
  console.log(await countedBy(world.counting, () => b.ask('/get-session')))
  console.log(await countedBy(world.counting, () => world.visitor().ask('/get-session')))
  console.log(await countedBy(world.counting, () => world.visitor().ask('/sign-in/email', {body:{email:p.email,password:'nonono no'}})))
  console.log((await world.counting.registry.metrics()).split('\n').filter(l=>!l.endsWith(' 0')).join('\n'))
}, 60000)
