import { expect, test } from 'vitest'
import { type Judgement, oddOneOut } from '../../../src/servers/fleet/odd-one-out.ts'

/** A matrix as a table: a row for each minter, a column for each of `servers`; `+` accepted, `-` refused, `?` not told. */
function matrix(servers: readonly string[], rows: Readonly<Record<string, string>>): readonly Judgement[] {
  return Object.entries(rows).flatMap(([mintedOn, row]) =>
    servers.flatMap((verifiedOn, i) =>
      row[i] === '?' ? [] : [{ mintedOn, verifiedOn, accepted: row[i] === '+' }],
    ),
  )
}

const three = ['a', 'b', 'c']
const four = ['a', 'b', 'c', 'd']
const agree = { kind: 'agree' }

test.each([
  ['servers that accept each other', three, { a: '+++', b: '+++', c: '+++' }, agree],
  ['one server', ['a'], { a: '+' }, agree],
  ['no server', [], {}, agree],
  [
    'another secret on one',
    three,
    { a: '+-+', b: '-+-', c: '+-+' },
    { kind: 'odd', majority: ['a', 'c'], odd: ['b'] },
  ],
  [
    'another secret on two alike',
    three,
    { a: '+--', b: '-++', c: '-++' },
    { kind: 'odd', majority: ['b', 'c'], odd: ['a'] },
  ],
  ['three secrets', three, { a: '+--', b: '-+-', c: '--+' }, { kind: 'tie', groups: [['a'], ['b'], ['c']] }],
  ['two servers, two secrets', ['a', 'b'], { a: '+-', b: '-+' }, { kind: 'tie', groups: [['a'], ['b']] }],
  [
    'two against two',
    four,
    { a: '++--', b: '++--', c: '--++', d: '--++' },
    {
      kind: 'tie',
      groups: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    },
  ],
  [
    'two against two, not all minted on',
    four,
    { b: '++--', c: '--++' },
    {
      kind: 'tie',
      groups: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    },
  ],
  [
    'two against one and one',
    four,
    { a: '++--', c: '--+-', d: '---+' },
    { kind: 'odd', majority: ['a', 'b'], odd: ['c', 'd'] },
  ],
  [
    'a server that refuses even its own',
    three,
    { a: '++-', b: '++-', c: '---' },
    { kind: 'odd', majority: ['a', 'b'], odd: ['c'] },
  ],
  [
    'a server whose own is accepted nowhere, though it accepts the others',
    three,
    { a: '+++', b: '+++', c: '---' },
    agree,
  ],
  [
    'a server whose own only it accepts',
    three,
    { a: '+++', b: '+++', c: '--+' },
    { kind: 'odd', majority: ['a', 'b'], odd: ['c'] },
  ],
  ['a server that did not answer, the others agreeing', three, { a: '++?', b: '++?' }, agree],
  [
    'a server that did not answer, the others not',
    three,
    { a: '+-?', b: '-+?' },
    { kind: 'tie', groups: [['a'], ['b']] },
  ],
  ['a server that answered only once', three, { a: '++-', b: '++?' }, agree],
  ['a token refused by one', three, { authwatch: '++-' }, { kind: 'odd', majority: ['a', 'b'], odd: ['c'] }],
  ['a token accepted by one', three, { authwatch: '-+-' }, { kind: 'odd', majority: ['a', 'c'], odd: ['b'] }],
  ['a token refused by half', ['a', 'b'], { authwatch: '+-' }, { kind: 'tie', groups: [['a'], ['b']] }],
  ['a token accepted nowhere', three, { authwatch: '---' }, agree],
])('%s', (_, servers, rows, expected) => {
  expect(oddOneOut(matrix(servers, rows))).toEqual(expected)
})

test('whoever shares the secret of fewer servers is odd, whichever servers were minted on', () => {
  // Every way to give five servers one of two secrets, each minted on by the first of either secret.
  const servers = ['a', 'b', 'c', 'd', 'e']
  for (let secrets = 0; secrets < 2 ** servers.length; secrets += 1) {
    const secretOf = (i: number) => (secrets >> i) & 1
    const minters = servers.flatMap((server, i) =>
      servers.findIndex((_, j) => secretOf(j) === secretOf(i)) === i ? [[server, i] as const] : [],
    )
    const rows = Object.fromEntries(
      minters.map(([server, i]) => [
        server,
        servers.map((_, j) => (secretOf(i) === secretOf(j) ? '+' : '-')).join(''),
      ]),
    )
    const ones = servers.filter((_, i) => secretOf(i) === 1)
    const zeros = servers.filter((_, i) => secretOf(i) === 0)
    const [odd, majority] = ones.length < zeros.length ? [ones, zeros] : [zeros, ones]
    expect(oddOneOut(matrix(servers, rows))).toEqual(
      odd.length === 0 ? agree : { kind: 'odd', odd, majority },
    )
  }
})
