// The functions of the drop-in beside those of the Node it runs on, on each line of Node: a fresh process each, in turn, and the ratio of
// processor time (drop-in, as it is published ÷ Node; below 1 is better). The figures by version in docs/guide/drop-in.md are its output.
//   node scripts/compare-versions.mjs                          the running Node and the newest of 20, 22, 24, 26, from npm; after npm run build
//   node scripts/compare-versions.mjs --only 'stat;readdir, recursive' --runs 9 --nodes 20,26
//   node scripts/compare-versions.mjs --calls 30000            so many calls in each run: code that is compiled for the first time counts for less
//   node scripts/compare-versions.mjs --node 26=/path/to/node  a binary that is there already
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const RUN_MILLISECONDS_MAX = 60_000
const LINES = '20,22,24,26'
const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const SHARED = '/dev/shm'

const AT_ONCE = 64

const { values: options } = parseArgs({ options: {
  only: { type: 'string' }, runs: { type: 'string', default: '5' }, nodes: { type: 'string', default: LINES }, node: { type: 'string', multiple: true, default: [] },
  calls: { type: 'string', default: '3000' }, child: { type: 'string' }, side: { type: 'string' }, data: { type: 'string' },
} })

const FILES = Number(options.calls)

/** Does `work` with each index, so many at once. */
async function each(count, atOnce, work) {
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) await work(next++)
  }))
}

/** By name: what is done, with the functions (`fs`, `fsp`) and the folders of one run. It gives how many operations that were. */
const TASKS = {
  'readFile': async ({ fsp, small }) => each(FILES, AT_ONCE, (index) => fsp.readFile(small(index))),
  'readFile, one by one': async ({ fsp, small }) => each(FILES, 1, (index) => fsp.readFile(small(index))),
  'readFile, callback': async ({ fs, small }) => each(FILES, AT_ONCE, (index) => new Promise((resolve) => fs.readFile(small(index), resolve))),
  'writeFile': async ({ fsp, fresh }) => each(FILES, AT_ONCE, (index) => fsp.writeFile(fresh(index), 'x'.repeat(3000))),
  'writeFile, one by one': async ({ fsp, fresh }) => each(FILES, 1, (index) => fsp.writeFile(fresh(index), 'x'.repeat(3000))),
  'stat': async ({ fsp, small }) => each(FILES, AT_ONCE, (index) => fsp.stat(small(index))),
  'stat, one by one': async ({ fsp, small }) => each(FILES, 1, (index) => fsp.stat(small(index))),
  'access': async ({ fsp, small }) => each(FILES, AT_ONCE, (index) => fsp.access(small(index))),
  'open and close': async ({ fsp, small }) => each(FILES, AT_ONCE, async (index) => (await fsp.open(small(index))).close()),
  'FileHandle.read': async ({ fsp, small }) => {
    const handle = await fsp.open(small(0))
    await each(FILES * 4, 32, () => handle.read(Buffer.allocUnsafe(512), 0, 512, 0))
    await handle.close()
  },
  'rename': async ({ fsp, fresh }) => each(FILES, AT_ONCE, (index) => fsp.rename(fresh(index), `${fresh(index)}-new`)),
  'rename, one by one': async ({ fsp, fresh }) => each(FILES, 1, (index) => fsp.rename(fresh(index), `${fresh(index)}-new`)),
  'unlink': async ({ fsp, fresh }) => each(FILES, AT_ONCE, (index) => fsp.unlink(fresh(index))),
  'mkdir': async ({ fsp, fresh }) => each(FILES, AT_ONCE, (index) => fsp.mkdir(fresh(index))),
  'mkdir, with parents': async ({ fsp, fresh }) => each(FILES, AT_ONCE, (index) => fsp.mkdir(`${fresh(index)}/a/b`, { recursive: true })),
  'mkdtemp': async ({ fsp, fresh }) => each(FILES, AT_ONCE, (index) => fsp.mkdtemp(fresh(index))),
  'realpath': async ({ fsp, small }) => each(FILES, AT_ONCE, (index) => fsp.realpath(small(index))),
  'realpath, one by one': async ({ fsp, small }) => each(FILES, 1, (index) => fsp.realpath(small(index))),
  'realpath, callback': async ({ fs, small }) => each(FILES, AT_ONCE, (index) => new Promise((resolve) => fs.realpath(small(index), resolve))),
  'opendir and its entries': async ({ fsp, folder }) => each(FILES, AT_ONCE, async (index) => {
    for await (const entry of await fsp.opendir(folder(index))) if (entry.name === '') throw new Error('no name')
  }),
  'opendir, one by one': async ({ fsp, folder }) => each(FILES, 1, async (index) => {
    for await (const entry of await fsp.opendir(folder(index))) if (entry.name === '') throw new Error('no name')
  }),
  'readdir': async ({ fsp, folder }) => each(FILES, AT_ONCE, (index) => fsp.readdir(folder(index))),
  'readdir, recursive': async ({ fsp, tree }) => each(10, 1, () => fsp.readdir(tree, { recursive: true })),
  'cp, recursive': async ({ fsp, tree, fresh }) => each(1, 1, (index) => fsp.cp(tree, fresh(index), { recursive: true })),
  'rm, recursive': async ({ fsp, fresh }) => fsp.rm(fresh(0), { recursive: true }),
  'createReadStream': async ({ fs, large }) => each(4, 1, () => new Promise((resolve, reject) => fs.createReadStream(large).on('data', () => undefined).on('end', resolve).on('error', reject))),
  'createReadStream, small files': async ({ fs, small }) => each(FILES, AT_ONCE, (index) => new Promise((resolve, reject) => fs.createReadStream(small(index)).on('data', () => undefined).on('close', resolve).on('error', reject))),
  'createWriteStream, small files': async ({ fs, fresh }) => each(FILES, AT_ONCE, (index) => new Promise((resolve, reject) => fs.createWriteStream(fresh(index)).on('close', resolve).on('error', reject).end('content'))),
  'stream to stream': async ({ fs, large, fresh }) => new Promise((resolve, reject) => fs.createReadStream(large).pipe(fs.createWriteStream(fresh(0))).on('close', resolve).on('error', reject)),
}

const emptyFiles = ({ fs, fresh }) => {
  for (let index = 0; index < FILES; index++) fs.writeFileSync(fresh(index), '')
}
/** What is there before a task begins, and is not measured. */
const PREPARED = {
  'rename': emptyFiles, 'rename, one by one': emptyFiles, 'unlink': emptyFiles,
  'rm, recursive': ({ fs, tree, fresh }) => fs.cpSync(tree, fresh(0), { recursive: true }),
}

/** One run of one task: prints its processor time in microseconds. Loading the drop-in is not part of it, code that runs for the first time is. */
async function child() {
  const fs = options.side === 'ours' ? (await import(pathToFileURL(join(options.data, 'trueaio/dist/fs/callbacks.js')).href)).default : (await import('node:fs')).default
  const { data } = options
  const fresh = fs.mkdtempSync(join(data, 'fresh-'))
  await fs.promises.stat(data) // the engine is there
  const given = {
    fs, fsp: fs.promises, tree: join(data, 'tree'), large: join(data, 'large'),
    small: (index) => `${data}/tree/${index % 100}/${(index / 100 | 0) % 30}`, folder: (index) => `${data}/tree/${index % 100}`, fresh: (index) => `${fresh}/${index}`,
  }
  PREPARED[options.child]?.(given)
  const from = process.cpuUsage()
  await TASKS[options.child](given)
  const { user, system } = process.cpuUsage(from)
  fs.rmSync(fresh, { recursive: true })
  console.log(user + system)
}

/** Binaries by line of Node. */
function binaries(folder) {
  const given = Object.fromEntries(options.node.map((each_) => each_.split('=')))
  return Object.fromEntries(options.nodes.split(',').map((line) => {
    if (given[line] !== undefined) return [line, given[line]]
    if (process.versions.node.startsWith(`${line}.`)) return [line, process.execPath]
    const place = join(folder, line)
    mkdirSync(place)
    execFileSync('npm', ['pack', '--silent', `node-linux-${process.arch}@${line}`], { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] })
    execFileSync('tar', ['xzf', readdirSync(place).find((name) => name.endsWith('.tgz'))], { cwd: place })
    return [line, join(place, 'package', 'bin', 'node')]
  }))
}

/** A hundred folders of thirty small files, and one large file. */
function makeData(data) {
  for (let folder = 0; folder < 100; folder++) {
    mkdirSync(join(data, 'tree', String(folder)), { recursive: true })
    for (let file = 0; file < 30; file++) writeFileSync(join(data, 'tree', String(folder), String(file)), 'x'.repeat(500 + (folder * 30 + file) * 7 % 7000))
  }
  writeFileSync(join(data, 'large'), Buffer.alloc(64 << 20, 'large file '))
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

function measure(node, name, data) {
  const ratios = []
  for (let run = 0; run < Number(options.runs); run++) {
    const cpu = {}
    for (const side of run % 2 === 0 ? ['nodes', 'ours'] : ['ours', 'nodes']) {
      const words = [fileURLToPath(import.meta.url), '--child', name, '--side', side, '--data', data, '--calls', options.calls]
      cpu[side] = Number(execFileSync(node, words, { encoding: 'utf8', timeout: RUN_MILLISECONDS_MAX }))
    }
    ratios.push(cpu.ours / cpu.nodes)
  }
  return median(ratios)
}

async function compareAll() {
  // The package of this platform holds nothing but the addon.
  process.env.TRUEAIO_ADDON ??= join(checkout, 'prebuilds', `${process.platform}-${process.arch}`, 'trueaio.node')
  if (!existsSync(process.env.TRUEAIO_ADDON)) throw new Error(`There is no ${process.env.TRUEAIO_ADDON}: run npm run build first.`)
  const root = mkdtempSync(join(existsSync(SHARED) ? SHARED : tmpdir(), 'compare-versions-'))
  try {
    const nodes = binaries(root)
    makeData(root)
    const { makePackage } = await import('./make-package.mjs')
    await makePackage(join(root, 'trueaio'))
    const lines = Object.keys(nodes)
    console.log(`| function | ${lines.map((line) => `Node ${line}`).join(' | ')} |\n|---|${'---|'.repeat(lines.length)}`)
    for (const name of Object.keys(TASKS).filter((task) => options.only?.split(';').includes(task) ?? true)) {
      console.log(`| ${name} | ${lines.map((line) => measure(nodes[line], name, root).toFixed(2)).join(' | ')} |`)
    }
  } finally {
    rmSync(root, { recursive: true })
  }
}

if (options.child === undefined) await compareAll()
else await child()
