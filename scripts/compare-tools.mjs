// Runs real tools on plain Node and under `--import trueaio/register` (the package as it is published), in turn, compares what they print and write byte for
// byte, and prints the ratios of wall and CPU time.
//   node scripts/compare-tools.mjs                      all tools, 5 pairs of runs each; those that are no dependency from npm
//   node scripts/compare-tools.mjs --only tsc,rollup    these
//   node scripts/compare-tools.mjs --runs 9 --files 300
// CPU time is what the kernel charged to the tool and to its children (Linux). Exit code 1: some output differs.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { makePackage as makeTrueaio } from './make-package.mjs'
import { makeFiles, makeJavaScript, makePackage, makeServer, makeTypeScript, makeZip, PROGRAMS } from './tool-projects.mjs'

const TOOL_MILLISECONDS_MAX = 120_000
const TICKS_A_SECOND = 100 // USER_HZ, the same on every Linux architecture that Node runs on
const BUNDLERS = ['rollup@4', 'vite@6', 'webpack@5', 'webpack-cli@6']
/** What works with many small files and streams, each with a program of tool-projects.mjs. */
const LIBRARIES = ['tar@7', 'unzipper@0.12', 'cpy@13', 'multer@2', 'winston@3']

const { values: options } = parseArgs({ options: { only: { type: 'string' }, runs: { type: 'string', default: '5' }, files: { type: 'string', default: '400' } } })
const runs = Number(options.runs)
const files = Number(options.files)
const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const resolver = createRequire(import.meta.url)
const root = mkdtempSync(join(tmpdir(), 'compare-tools-'))
/** As it is published. */
const trueaio = join(root, 'node_modules', 'trueaio')
const register = pathToFileURL(join(trueaio, 'dist', 'register.js')).href
// The package of this platform holds nothing but the addon. Without one, Node would be compared with itself.
process.env.TRUEAIO_ADDON ??= join(checkout, 'prebuilds', `${process.platform}-${process.arch}`, 'trueaio.node')
if (!existsSync(process.env.TRUEAIO_ADDON)) throw new Error(`There is no ${process.env.TRUEAIO_ADDON}: run npm run build first.`)

/** The file that a package starts as a command. */
function command(name, from = resolver, program = name) {
  const description = from.resolve(`${name}/package.json`)
  const { bin } = JSON.parse(readFileSync(description, 'utf8'))
  return join(dirname(description), typeof bin === 'string' ? bin : bin[program])
}

/** Installed once, into the temporary directory. */
function installed(name, packages) {
  const folder = join(root, name)
  if (!existsSync(folder)) {
    mkdirSync(folder)
    execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', ...packages], { stdio: ['ignore', 'ignore', 'pipe'], timeout: TOOL_MILLISECONDS_MAX })
  }
  return folder
}

const bundlers = () => createRequire(join(installed('bundlers', BUNDLERS), 'package.json'))
const fromBundlers = (name) => command(name, bundlers())

/** A program of tool-projects.mjs, beside the libraries that it imports. */
function program(name, count) {
  const file = join(installed('libraries', LIBRARIES), `${name}.mjs`)
  writeFileSync(file, PROGRAMS[name](count))
  return [file]
}

function npmCommand() {
  const beside = join(dirname(dirname(process.execPath)), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  return existsSync(beside) ? beside : join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim(), 'npm', 'bin', 'npm-cli.js')
}

/** Each makes its project and tells what to run there; what it writes goes to the folder `out`, which is removed before. */
const TOOLS = {
  'an empty program': () => ['-e', '0'],
  'an empty ES module': (project) => {
    writeFileSync(join(project, 'empty.mjs'), '')
    return [join(project, 'empty.mjs')]
  },
  'tsc -p': (project) => {
    makeTypeScript(project, files)
    return [command('typescript', resolver, 'tsc'), '-p', project]
  },
  eslint: () => [command('eslint'), '--no-warn-ignored', '--format', 'json', join(checkout, 'src')],
  'npm pack': (project) => {
    makePackage(project, files * 5)
    mkdirSync(join(project, 'out'))
    return [npmCommand(), 'pack', '--silent', '--offline', '--pack-destination', 'out']
  },
  'static file server': (project) => {
    makeServer(project, files * 10)
    return [join(project, 'server.mjs')]
  },
  rollup: (project) => {
    makeJavaScript(project, files * 3)
    return [fromBundlers('rollup'), 'src/entry.js', '--silent', '--format', 'es', '--sourcemap', '--file', 'out/bundle.js']
  },
  vite: (project) => {
    makeJavaScript(project, files * 3)
    return [fromBundlers('vite'), 'build', '--outDir', 'out', '--logLevel', 'error']
  },
  webpack: (project) => {
    makeJavaScript(project, files * 3)
    fromBundlers('webpack')
    return [command('webpack-cli', bundlers()), '--mode', 'production', '--devtool', 'source-map', '--entry', './src/entry.js', '--output-path', join(project, 'out'), '--stats', 'errors-only']
  },
}

for (const name of Object.keys(PROGRAMS)) {
  TOOLS[name] = (project) => {
    if (name === 'unzipper') makeZip(project, files * 5)
    else makeFiles(project, files * 5)
    return program(name, files * 5)
  }
}

/** Times that a run starts what is over too soon to be timed once. */
const TIMES = { 'an empty program': 10, 'an empty ES module': 10 }

/** User and system seconds of all children that have ended, and of theirs. */
function childrenSeconds() {
  const fields = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /, '').split(' ')
  return (Number(fields[13]) + Number(fields[14])) / TICKS_A_SECOND
}

/** One digest of everything that a tool has written. */
function digest(folder, printed) {
  const hash = createHash('sha256').update(printed)
  if (existsSync(folder)) {
    for (const name of readdirSync(folder, { recursive: true }).sort()) {
      const stats = lstatSync(join(folder, name))
      hash.update(`\n${name} ${String(stats.mode)} ${String(stats.size)}\n`)
      if (stats.isFile()) hash.update(readFileSync(join(folder, name)))
    }
  }
  return hash.digest('hex')
}

/** One run, of several starts: the time of one, and a digest of everything. */
function run(project, command_, registered, times) {
  const starts = Array.from({ length: times }, () => runOnce(project, command_, registered))
  const mean = (key) => starts.reduce((sum, start) => sum + start[key], 0) / times
  return { wall: mean('wall'), cpu: mean('cpu'), digest: starts.map(({ digest: one }) => one).join() }
}

function runOnce(project, command_, registered) {
  const out = join(project, 'out')
  rmSync(out, { recursive: true, force: true })
  if (command_.includes('--pack-destination')) mkdirSync(out)
  const cpu = childrenSeconds()
  const begin = performance.now()
  const { status, signal, stdout, stderr, error } = spawnSync(
    process.execPath, [...(registered ? ['--import', register] : []), ...command_],
    { cwd: command_.includes(join(checkout, 'src')) ? checkout : project, encoding: 'utf8', timeout: TOOL_MILLISECONDS_MAX, maxBuffer: 1 << 28 },
  )
  const wall = (performance.now() - begin) / 1000
  // Findings are a linter's output; what counts is that they are the same.
  if (error !== undefined || signal !== null || status > 1) throw new Error(`${command_.join(' ')} ended with ${String(signal ?? status)}: ${String(error ?? stderr)}`)
  return { wall, cpu: childrenSeconds() - cpu, digest: digest(out, `${String(status)}\n${stdout}\n${stderr}`) }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** The first run of each side warms the page cache; then they take turns, and who begins changes. */
function compare(name, make) {
  const project = join(root, name.replaceAll(' ', '-'))
  mkdirSync(project)
  const command_ = make(project)
  const times = TIMES[name] ?? 1
  const sides = [false, true].map((registered) => ({ registered, runs: [], digests: new Set([run(project, command_, registered, times).digest]) }))
  for (let round = 0; round < runs; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      const result = run(project, command_, side.registered, times)
      side.runs.push(result)
      side.digests.add(result.digest)
    }
  }
  const [plain, ours] = sides
  const of = (side, key) => median(side.runs.map((one) => one[key]))
  // Pairs ran side by side: their ratios disturb each other less than the medians of noisy runs.
  const ratio = (key) => median(ours.runs.map((one, index) => one[key] / plain.runs[index][key]))
  const same = plain.digests.size === 1 ? ours.digests.size === 1 && [...ours.digests][0] === [...plain.digests][0] : 'differs on plain Node too'
  return { name, same, wall: [of(plain, 'wall'), of(ours, 'wall'), ratio('wall')], cpu: [of(plain, 'cpu'), of(ours, 'cpu'), ratio('cpu')] }
}

function row({ name, same, wall, cpu }) {
  const seconds = (value) => value.toFixed(2)
  const output = same === true ? 'the same' : same === false ? '**differs**' : same
  return `| ${name} | ${output} | ${seconds(wall[0])} s | ${seconds(wall[1])} s | ${seconds(wall[2])} | ${seconds(cpu[0])} s | ${seconds(cpu[1])} s | ${seconds(cpu[2])} |`
}

try {
  await makeTrueaio(trueaio)
  const wanted = options.only?.split(',') ?? Object.keys(TOOLS)
  for (const name of wanted) if (TOOLS[name] === undefined) throw new Error(`There is no tool '${name}'. Tools: ${Object.keys(TOOLS).join(', ')}.`)
  console.log('| tool | output | wall, plain | wall, registered | ratio | CPU, plain | CPU, registered | ratio |\n|---|---|---|---|---|---|---|---|')
  for (const name of wanted) {
    const result = compare(name, TOOLS[name])
    console.log(row(result))
    if (result.same !== true) process.exitCode = 1
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
