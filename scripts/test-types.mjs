// Compiles test/types/ as a user's program would be: against the types of the package as installed, with skipLibCheck off, by each
// TypeScript from 5.4 to the newest and with the types of each Node from 20 to the newest.
//   node scripts/test-types.mjs              after npm run build; what is missing comes from npm into build/types/, or is skipped
//   node scripts/test-types.mjs --installed  only the compiler and the types that are installed here: no network
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const COMPILERS = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0', 'latest']
const NODES = ['20', '22', '24', '25', 'latest']
const INSTALL_MILLISECONDS_MAX = 120_000
const COMPILE_MILLISECONDS_MAX = 300_000

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(checkout, 'build', 'types')
const run = promisify(execFile)

/** Where npm has put a package; a reason where it could not. */
async function fetched(name, version) {
  const folder = join(cache, `${name.replace(/\W+/g, '-')}-${version}`)
  const found = join(folder, 'node_modules', name)
  // Of the newest there may be a newer one.
  if (existsSync(join(found, 'package.json')) && version !== 'latest') return { found }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  try {
    await run('npm', ['install', '--no-audit', '--no-fund', '--silent', `${name}@${version}`], { cwd: folder, timeout: INSTALL_MILLISECONDS_MAX })
  } catch (error) {
    if (!existsSync(join(found, 'package.json'))) return { reason: `npm could not install ${name}@${version}: ${String(error.message).split('\n')[0]}` }
  }
  return { found }
}

function versionOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
}

/** A project with this package, the types of one Node, and our programs. */
function makeProject(nodeTypes) {
  const project = join(cache, `project-${versionOf(nodeTypes)}`)
  rmSync(project, { recursive: true, force: true })
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, 'trueaio'), { recursive: true })
  cpSync(join(checkout, 'package.json'), join(modules, 'trueaio', 'package.json'))
  for (const name of readdirSync(join(checkout, 'dist'), { recursive: true })) {
    if (name.endsWith('.d.ts')) cpSync(join(checkout, 'dist', name), join(modules, 'trueaio', 'dist', name))
  }
  mkdirSync(join(modules, '@types'))
  symlinkSync(nodeTypes, join(modules, '@types', 'node'), 'dir')
  cpSync(join(checkout, 'test', 'types'), join(project, 'types'), { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }\n')
  return project
}

/** Errors of one compiler in one project. Those inside the types of Node are Node's: some need a newer compiler. */
async function errorsOf(compiler, project) {
  const config = {
    compilerOptions: {
      noEmit: true, strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false, module: 'nodenext', target: 'es2022', types: ['node'],
    },
    include: ['types'],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
  const given = [join(compiler, 'bin', 'tsc'), '-p', project, '--pretty', 'false']
  const { stdout } = await run(process.execPath, given, { cwd: project, timeout: COMPILE_MILLISECONDS_MAX, maxBuffer: 2 ** 26 }).catch((error) => {
    if (typeof error.stdout !== 'string' || error.stdout === '') throw error
    return error // it found errors
  })
  const errors = stdout.split('\n').filter((line) => /^\S.*error TS\d+/.test(line))
  const isNodes = (line) => /(@types[/\\]node|@types-node-[^/\\]+[/\\]node_modules|undici-types)[/\\]/.test(line)
  return { ours: errors.filter((line) => !isNodes(line)), nodes: errors.filter(isNodes) }
}

const isInstalledOnly = process.argv.includes('--installed')
const installed = (name) => [{ found: join(checkout, 'node_modules', name) }]
const compilers = isInstalledOnly ? installed('typescript') : await Promise.all(COMPILERS.map((version) => fetched('typescript', version)))
const nodeTypes = isInstalledOnly ? installed('@types/node') : await Promise.all(NODES.map((version) => fetched('@types/node', version)))
for (const { reason } of [...compilers, ...nodeTypes]) if (reason !== undefined) process.stdout.write(`skipped: ${reason}\n`)
for (const { found: ofNode } of nodeTypes.filter(({ found }) => found !== undefined)) {
  const project = makeProject(ofNode)
  for (const { found: compiler } of compilers.filter(({ found }) => found !== undefined)) {
    const { ours, nodes: errors } = await errorsOf(compiler, project)
    const note = errors.length === 0 ? '' : ` (${String(errors.length)} errors inside the types of Node)`
    process.stdout.write(`TypeScript ${versionOf(compiler)}, @types/node ${versionOf(ofNode)}: ${ours.length === 0 ? 'ok' : `${String(ours.length)} errors`}${note}\n`)
    for (const line of ours) process.stdout.write(`  ${line}\n`)
    if (ours.length > 0) process.exitCode = 1
  }
}
