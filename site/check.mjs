// Checks the built site, in headless Chromium where one is installed: links and anchors, search, width, contrast in both themes, and
// that a page asks for nothing outside of the site.
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import { brokenLinks, pagesIn } from './links.mjs'
import { html, serve } from './serve.mjs'

const TELEPHONE = { width: 360, height: 740 }
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1', // whatever asks for another host gets no answer
]
/** What is looked for, and the page that must be among the first answers. */
const SEARCHES = [
  ['tail a log', '/tasks/tail-a-log.html'], ['deadline', '/tasks/'], ['PieceOptions', '/api/trueaio.transfer.html'],
  ['copyFileRange', '/api/trueaio.html'], ['aio_suspend', '/api/trueaio.posix-aio.html'], ['EventQueue', '/api/trueaio.event-queue.html'],
  ['TRUEAIO_THREADS', '/guide/configuration.html'], ['semaphore', '/systems/work.html'],
]
const CONTRAST_PAGES = ['index.html', 'guide/transfer.html', 'tasks/tail-a-log.html', 'api/trueaio.simulated.html', '404.html']

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const faults = []
const start = performance.now()
const say = (what) => process.stdout.write(`${what} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`)

function chromiumHere() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      try {
        accessSync(join(folder, name), constants.X_OK)
        return join(folder, name)
      } catch { /* not in this folder */ }
    }
  }
  return undefined
}

/** Opens a page and waits until its scripts run. */
async function visit(page, url) {
  await page.goto(url, { waitUntil: 'load' })
  await page.waitForFunction(() => document.querySelector('#app')?.__vue_app__ !== undefined)
}

function watch(page, address) {
  page.on('request', (request) => {
    if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url())) faults.push(`${page.url()} asks for ${request.url()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().endsWith('/404.html')) faults.push(`${page.url()}: ${response.status()} for ${response.url()}`)
  })
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${page.url()} logs ${message.text()}`)
  })
}

async function checkWidths(page, address) {
  for (const name of pagesIn(html)) {
    await visit(page, `${address}/${name}`)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    if (width > TELEPHONE.width) faults.push(`${name} is ${width} pixels wide on a screen of ${TELEPHONE.width}`)
  }
  say(`${pagesIn(html).length} pages at ${TELEPHONE.width} pixels`)
}

async function checkContrast(page, address) {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    for (const name of CONTRAST_PAGES) {
      await visit(page, `${address}/${name}`)
      const isDark = await page.evaluate(() => document.documentElement.classList.contains('dark'))
      if (isDark !== (theme === 'dark')) faults.push(`${name} is not ${theme}`)
      await page.evaluate(axe)
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['color-contrast'] }))
      for (const { target, failureSummary } of violations.flatMap(({ nodes }) => nodes)) faults.push(`${name}, ${theme}: ${target.join(' ')}: ${failureSummary.split('\n')[1]?.trim()}`)
    }
  }
  say('contrast in both themes')
}

async function checkSearch(page, address) {
  await visit(page, `${address}/`)
  await page.locator('.VPNavBarSearch button').first().click()
  const input = page.locator('#localsearch-input')
  for (const [words, wanted] of SEARCHES) {
    await input.fill(words)
    const found = page.locator(`.VPLocalSearchBox .results a[href*="${wanted}"]`).first()
    await found.waitFor({ timeout: 20_000 }).catch(() => faults.push(`a search for ${words} does not find ${wanted}`))
  }
  await input.fill(SEARCHES[0][0])
  await page.locator(`.VPLocalSearchBox .results a[href*="${SEARCHES[0][1]}"]`).first().click()
  await page.waitForURL((url) => url.pathname === SEARCHES[0][1])
  say(`${SEARCHES.length} searches`)
}

const { broken, count } = brokenLinks(html)
faults.push(...broken)
say(`${count} links`)

const executablePath = chromiumHere()
if (executablePath === undefined) say('skipped: search, width and contrast, as no chromium is on the PATH')
else {
  const { server, address } = await serve()
  const profile = mkdtempSync(join(tmpdir(), 'trueaio-site-'))
  const browser = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, viewport: TELEPHONE })
  try {
    const page = browser.pages()[0] ?? await browser.newPage()
    watch(page, address)
    await checkWidths(page, address)
    await page.setViewportSize({ width: 1280, height: 800 })
    await checkContrast(page, address)
    await checkSearch(page, address)
  } finally {
    await browser.close()
    server.close()
    rmSync(profile, { recursive: true, force: true })
  }
}
for (const fault of faults.slice(0, 60)) process.stdout.write(`${fault}\n`)
process.stdout.write(faults.length === 0 ? 'nothing found\n' : `${faults.length} faults\n`)
if (faults.length > 0) process.exitCode = 1
