// A tree of a million entries listed, copied and removed by the drop-in, and copied and brought up to date by trueaio/transfer: each by a process of
// its own, whose memory is bounded, and whose work is looked at.
//   node scripts/large-trees.mjs                       a million entries in directories of a hundred; after npm run build
//   node scripts/large-trees.mjs --entries 100000      fewer of them
//   node scripts/large-trees.mjs --a-directory 20000   so many entries in each directory
//   node scripts/large-trees.mjs --dir /somewhere      where the trees are made; default: /dev/shm, or the directory for temporary files
// TRUEAIO_DRIVER names another driver. Two trees of a million need 2.6 GiB on tmpfs. Exit code 1: some process took more memory than
// --most MiB, or did not do its work.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const STEP_MILLISECONDS_MAX = 540_000
/** Every so many files has content: a page of tmpfs each. */
const CONTENT_EVERY = 10
const BYTES_AN_ENTRY = 1400
const SHARED = '/dev/shm'

const { values: options } = parseArgs({ options: {
  entries: { type: 'string', default: '1000000' }, 'a-directory': { type: 'string', default: '100' }, most: { type: 'string', default: '150' },
  dir: { type: 'string' }, step: { type: 'string' }, tree: { type: 'string' }, copy: { type: 'string' },
} })
const entries = Number(options.entries)
const inDirectory = Number(options['a-directory'])
const megabytes = Number(options.most)

const contentOf = (index) => (index % CONTENT_EVERY === 0 ? `content of ${String(index)}\n` : '')
const fileAt = (root, index) => join(root, `directory-${String(Math.floor(index / inDirectory))}`, `file-${String(index)}`)

/** Directories count as entries. @returns how many files there are */
function makeTree(root) {
  const directories = Math.ceil(entries / (inDirectory + 1))
  const files = entries - directories
  for (let index = 0; index < files; index++) {
    if (index % inDirectory === 0) mkdirSync(join(root, `directory-${String(index / inDirectory)}`), { recursive: true })
    writeFileSync(fileAt(root, index), contentOf(index))
  }
  return files
}

async function countScanned(fsp, root, stats) {
  let count = 0
  let bytes = 0
  for await (const entry of fsp.scan(root, { stats })) {
    count++
    if (stats && entry.type === 'file') bytes += Number(entry.stats.size)
  }
  return stats ? { count, bytes } : { count }
}

async function transferred(fsp, how) {
  const { transfer } = await import('trueaio/transfer')
  await transfer(options.tree, options.copy, how)
  return countScanned(fsp, options.copy, true)
}

/** By name: what one process does. It gives what is looked at afterwards. */
const STEPS = {
  scan: (fsp) => countScanned(fsp, options.tree, false),
  'scan with stats': (fsp) => countScanned(fsp, options.tree, true),
  cp: async (fsp) => {
    await fsp.cp(options.tree, options.copy, { recursive: true })
    return countScanned(fsp, options.copy, true)
  },
  rm: async (fsp) => {
    await fsp.rm(options.copy, { recursive: true })
    return { count: existsSync(options.copy) ? -1 : 0 }
  },
  transfer: (fsp) => transferred(fsp, {}),
  'transfer, times kept, file by file': async (fsp) => {
    await fsp.rm(options.copy, { recursive: true })
    return transferred(fsp, { preserve: true, filter: () => true })
  },
  'transfer of what has changed: nothing': (fsp) => transferred(fsp, { preserve: true, onlyChanged: true, delete: true }),
}

/** One step in this process, and what it took. */
async function step() {
  const fsp = await import('trueaio/fs/promises')
  const from = process.cpuUsage()
  const begin = performance.now()
  const found = await STEPS[options.step](fsp)
  const { user, system } = process.cpuUsage(from)
  console.log(JSON.stringify({ ...found, seconds: (performance.now() - begin) / 1000, cpu: (user + system) / 1e6, mebibytes: process.resourceUsage().maxRSS / 1024 }))
}

function inProcess(name, tree, copy) {
  const words = ['--entries', options.entries, '--a-directory', options['a-directory'], '--step', name, '--tree', tree, '--copy', copy]
  return JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...words], { encoding: 'utf8', timeout: STEP_MILLISECONDS_MAX, stdio: ['ignore', 'pipe', 'inherit'] }))
}

/** File by file memory grows with the tree: 119 MiB with 25,000 entries, 159 MiB with 100,000 (28 November 2026). */
const MORE_MEBIBYTES = { 'transfer, times kept, file by file': 50, 'transfer of what has changed: nothing': 50 }

/** What is wrong with a step's answer; undefined: nothing. */
function wrong(name, { count, bytes, mebibytes }, expected) {
  if (count !== (name === 'rm' ? 0 : entries)) return `${String(count)} entries`
  if (bytes !== undefined && bytes !== expected) return `${String(bytes)} bytes of content, not ${String(expected)}`
  const most = megabytes + (MORE_MEBIBYTES[name] ?? 0)
  return mebibytes <= most ? undefined : `more than ${String(most)} MiB`
}

function everyContentIsThere(copy, files) {
  for (let index = 0; index < files; index += CONTENT_EVERY) if (readFileSync(fileAt(copy, index), 'latin1') !== contentOf(index)) return false
  return true
}

function compareAll() {
  const folder = options.dir ?? (existsSync(SHARED) ? SHARED : tmpdir())
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < 2 * entries * BYTES_AN_ENTRY) throw new Error(`${folder} has no room for two trees of ${String(entries)} entries; --dir names another folder.`)
  const root = mkdtempSync(join(folder, 'large-trees-'))
  try {
    const tree = join(root, 'tree')
    const copy = join(root, 'copy')
    const files = makeTree(tree)
    let expected = 0
    for (let index = 0; index < files; index++) expected += contentOf(index).length
    console.log(`${String(entries)} entries, ${String(inDirectory)} in each directory, Node ${process.versions.node}\n\n| work | time | CPU an entry | memory | |\n|---|---|---|---|---|`)
    for (const name of Object.keys(STEPS)) {
      const took = inProcess(name, tree, copy)
      const problem = wrong(name, took, expected) ?? (name !== 'scan' && existsSync(copy) && !everyContentIsThere(copy, files) ? 'a content is not the original\'s' : undefined)
      console.log(`| ${name} | ${took.seconds.toFixed(1)} s | ${(took.cpu / entries * 1e6).toFixed(2)} µs | ${took.mebibytes.toFixed(0)} MiB | ${problem ?? 'right'} |`)
      if (problem !== undefined) process.exitCode = 1
    }
  } finally {
    rmSync(root, { recursive: true })
  }
}

if (options.step === undefined) compareAll()
else await step()
