// Every link of the built site that stays on it: the page is there, and so is the anchor.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

const decoded = (text) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'")

/** The pages of a built site, by their paths from its root. */
export function pagesIn(html) {
  return readdirSync(html, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html')).sort()
}

/** What is wrong with links, one line each; and how many there were. */
export function brokenLinks(html) {
  const texts = new Map(pagesIn(html).map((name) => [name, readFileSync(join(html, name), 'utf8')]))
  const anchors = new Map([...texts].map(([name, text]) => [name, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => decoded(id)))]))
  const broken = new Set()
  let count = 0
  for (const [name, text] of texts) {
    for (const [, raw] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      const target = decoded(raw)
      if (/^[a-z]+:|^\/\//.test(target)) continue
      count++
      const [path, anchor] = target.split('#', 2).map(decodeURIComponent)
      const place = path === '' ? name : path.startsWith('/') ? path.slice(1) : posix.join(dirname(name), path)
      const file = place === '' || place.endsWith('/') ? `${place}index.html` : place
      if (!existsSync(join(html, file))) broken.add(`${name}: ${target} leads nowhere`)
      else if (anchor !== undefined && anchor !== '' && anchors.get(file)?.has(anchor) !== true) broken.add(`${name}: ${target} has no such anchor`)
    }
  }
  return { broken: [...broken], count }
}
