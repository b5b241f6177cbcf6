import { expect, test } from 'vitest'
import { markdown } from '../../../src/http/pages/markdown.ts'
import { runbookLinks } from '../../../src/http/pages/runbook-page.ts'
import { readRunbook } from '../../../src/http/runbook.ts'

const render = (text: string): string => String(markdown(text, runbookLinks('../runbook')))

test('blocks: paragraphs, lists with code in them, tables, headings', () => {
  expect(render('One\ntwo.\n\nThree `a*b` **bold `x`**.')).toBe(
    '<p>One\ntwo.</p><p>Three <code>a*b</code> <strong>bold <code>x</code></strong>.</p>',
  )
  expect(render('1. First:\n\n   ```sql\n   select 1\n     from x;\n   ```\n\n2. Second.\n\nAfter.')).toBe(
    '<ol><li>First:<pre tabindex="0"><code>select 1\n  from x;</code></pre></li><li>Second.</li></ol><p>After.</p>',
  )
  expect(render('- a\n  - b\n- c')).toBe('<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>')
  expect(render('| a | b |\n| --- | --- |\n| `x|y` | 1 \\| 2 |')).toContain(
    '<tbody><tr><td><code>x|y</code></td><td>1 | 2</td></tr></tbody>',
  )
  expect(render('## Could not look')).toBe('<h2 id="could-not-look">Could not look</h2>')
})

test('links lead into the runbook or to the web, and nowhere else', () => {
  expect(render('[here](#could-not-look)')).toBe('<p><a href="../runbook#could-not-look">here</a></p>')
  expect(render('[docs](https://better-auth.com/x)')).toBe(
    '<p><a href="https://better-auth.com/x">docs</a></p>',
  )
  expect(render('[x](javascript:alert`1`)')).not.toContain('href')
})

test('markup in the source stays text', () => {
  const hostile = '<script>x</script> `<b>` **<i>** [<u>](#"onclick=x)'
  const html = render(`${hostile}\n\n- ${hostile}\n\n| ${hostile} |\n|---|\n\n\`\`\`\n${hostile}\n\`\`\``)
  expect(html).not.toMatch(/<(script|b|i|u)>/)
  expect(html).not.toMatch(/"onclick/)
})

test('the whole runbook is understood: no mark of Markdown is left in its text', () => {
  const { text } = readRunbook()
  expect(text.length).toBeGreaterThan(50_000)
  const html = render(text)
  const prose = html.replace(/<pre.*?<\/pre>/gs, '').replace(/<code>.*?<\/code>/gs, '')
  expect(prose.match(/.{0,40}(\*\*|```|`|^#|\]\().{0,40}/gm)).toBeNull()
  expect(html.match(/<h3 id="/g)?.length).toBe(text.match(/^### /gm)?.length)
  expect(html.match(/<pre/g)?.length).toBe((text.match(/^ *(\d+\. )?```/gm)?.length ?? 0) / 2)
})
