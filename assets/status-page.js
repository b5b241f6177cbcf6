// Keeps the page fresh: fetches it again and changes in `main` what differs, so that focus, scroll and selection stay.
// A page that is not fresh says so, and none of its greens is green any more.

const EVERY_MS = 5_000
const TIMEOUT_MS = 4_000
const OLD_MS = 20_000

const main = document.querySelector('main')
const old = document.querySelector('#old')
const pause = document.querySelector('#pause')
let freshAt = Date.now()
let timer
let paused = false

/** Makes `shown` the same as `wanted`; elements with an id are found again wherever they went. */
function morph(shown, wanted) {
  if (shown.nodeType !== Node.ELEMENT_NODE) {
    if (shown.nodeValue !== wanted.nodeValue) shown.nodeValue = wanted.nodeValue
    return
  }
  for (const { name } of [...shown.attributes]) if (!wanted.hasAttribute(name)) shown.removeAttribute(name)
  for (const { name, value } of wanted.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value)
  }
  morphChildren(shown, wanted)
}

function morphChildren(shown, wanted) {
  const byId = new Map([...shown.children].flatMap((child) => (child.id === '' ? [] : [[child.id, child]])))
  let place = shown.firstChild
  for (const child of [...wanted.childNodes]) {
    const same = child.id ? byId.get(child.id) : place
    if (!isSame(same, child)) {
      shown.insertBefore(child, place)
      continue
    }
    if (same === place) place = place.nextSibling
    else shown.insertBefore(same, place)
    morph(same, child)
  }
  while (place !== null) {
    const next = place.nextSibling
    place.remove()
    place = next
  }
}

function isSame(shown, wanted) {
  if (!shown || shown.nodeName !== wanted.nodeName) return false
  return (shown.id ?? '') === (wanted.id ?? '')
}

async function update() {
  const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const wanted = page.querySelector('main')
  if (wanted === null) throw new Error('not the page')
  const focused = document.activeElement
  morphChildren(main, wanted)
  // Moving an element takes the focus from it.
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true })
  document.title = page.title
  freshAt = Date.now()
}

function tellAge() {
  const isOld = Date.now() - freshAt > OLD_MS
  document.documentElement.classList.toggle('is-old', isOld)
  old.hidden = !isOld
  if (!isOld) return
  const since = new Date(freshAt).toISOString().slice(11, 19)
  const text = paused
    ? `Updates are paused. What is below is of ${since} UTC.`
    : `The worker does not answer. What is below is of ${since} UTC.`
  // Spoken again with each change, so only the first time and when the words differ.
  if (old.textContent !== text) old.textContent = text
}

async function beat() {
  clearTimeout(timer)
  // Before the answer comes, too: the page may have been out of sight for hours.
  tellAge()
  if (!paused && !document.hidden) await update().catch(() => {})
  tellAge()
  clearTimeout(timer)
  timer = setTimeout(beat, EVERY_MS)
}

pause.hidden = false
pause.addEventListener('click', () => {
  paused = !paused
  pause.textContent = paused ? 'Resume updates' : 'Pause updates'
  beat()
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) beat()
})
timer = setTimeout(beat, EVERY_MS)
