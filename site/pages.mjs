// Gathers the site's pages: docs/ as it is, the README as the first page, the changes, and a page for each example. Links that lead
// out of docs/ in the repository lead to those pages here.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
export const folder = join(checkout, 'site', 'build')
export const pagesFolder = join(folder, 'pages')

const HOME = `---
layout: home
hero:
  name: trueaio
  text: True asynchronous I/O for Node.js
  tagline: One engine for files, sockets and system calls, with deadlines and cancellation that reach the kernel.
  actions:
    - { theme: brand, text: Get started, link: /guide/installing }
    - { theme: alt, text: Tasks, link: /tasks/ }
    - { theme: alt, text: API reference, link: /api/ }
---
`

/** Where a file of the repository is on the site. */
function placeOf(path) {
  if (path.endsWith('.json')) return path.replace(/^docs\//, '')
  if (path === 'README.md') return 'index.md'
  if (path === 'CHANGELOG.md' || path === 'SECURITY.md') return path.toLowerCase()
  if (path === 'LICENSE') return 'licence.md'
  if (path === 'examples') return 'examples/index.md'
  if (path.startsWith('examples/')) return `${path.replace(/\.\w+$/, '')}.md`
  return path.replace(/^docs\//, '')
}

/** A page's text with its links to files of the repository turned into links to pages of the site. */
function withLinks(text, path) {
  const here = dirname(placeOf(path))
  const turned = (target) => {
    const place = posix.relative(here, placeOf(posix.normalize(posix.join(posix.dirname(path), target))))
    return place.startsWith('.') ? place : `./${place}`
  }
  return text
    .replaceAll(/\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)/g, (_, target, anchor = '') => `](${turned(target)}${anchor})`)
    .replaceAll(/<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img ([^>]*)src="([^"]+)">\s*<\/picture>/g,
      (_, dark, attributes, light) => `<img class="only-light" ${attributes}src="${turned(light)}"><img class="only-dark" ${attributes}src="${turned(dark)}">`)
}

function write(path, text) {
  const file = join(pagesFolder, placeOf(path))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function copyPage(path, before = '') {
  const text = readFileSync(join(checkout, path), 'utf8')
  write(path, before + withLinks(before === '' ? text : text.replace(/^# .*\n/, ''), path))
}

/** A page for each program of examples/, under the sentence that it begins with. */
function writeExamples() {
  const names = readdirSync(join(checkout, 'examples')).filter((name) => name.endsWith('.mjs')).sort()
  const list = names.map((name) => {
    const code = readFileSync(join(checkout, 'examples', name), 'utf8')
    const sentence = /^\/\/ (.*)/.exec(code)?.[1] ?? ''
    write(`examples/${name}`, `# ${name}\n\n\`\`\`js\n${code}\`\`\`\n`)
    return `- [${name}](./${name.replace('.mjs', '.md')}): ${sentence}`
  })
  write('examples', `# Examples\n\nWhole programs to start from. Each is run by the tests.\n\n${list.join('\n')}\n`)
}

/** Makes the folder of pages anew, without those of the API. */
export function gatherPages() {
  rmSync(pagesFolder, { recursive: true, force: true })
  for (const name of readdirSync(join(checkout, 'docs'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.md')) copyPage(posix.join('docs', name))
    else if (/\.(svg|json)$/.test(name)) for (const folder of ['', 'public']) cpSync(join(checkout, 'docs', name), join(pagesFolder, folder, name), { recursive: true })
  }
  copyPage('README.md', HOME)
  copyPage('CHANGELOG.md')
  copyPage('SECURITY.md')
  write('LICENSE', `# Licence\n\n${readFileSync(join(checkout, 'LICENSE'), 'utf8')}`)
  writeExamples()
}

/** The pages of one folder with their titles, in the order that is given, the others behind them. */
export function pagesOf(name, order = []) {
  const rank = (page) => (order.includes(page) ? order.indexOf(page) : order.length)
  return readdirSync(join(pagesFolder, name)).filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -3))
    .filter((page) => page !== 'index').sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
    .map((page) => {
      const text = readFileSync(join(pagesFolder, name, `${page}.md`), 'utf8')
      return { text: (/^# (.*)$/m.exec(text)?.[1] ?? page).replaceAll('`', '').replaceAll('\\', ''), link: `/${relative('.', name)}/${page}` }
    })
}
