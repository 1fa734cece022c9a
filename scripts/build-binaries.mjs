// Builds the addon for every platform that a package is published for, with the compilers of one Debian machine:
//   apt-get install gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross musl-tools gcc-mingw-w64-x86-64-win32
//   node scripts/build-binaries.mjs                     all, into build/binaries/<platform>/trueaio.node
//   node scripts/build-binaries.mjs linux-arm64         those named
// Each result is checked: no symbol newer than the oldest C library that is promised, none that the other C library has.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const native = join(root, 'native')
export const BINARIES = join(root, 'build', 'binaries')

/** The oldest glibc that the binaries load on: that of Debian 10 and RHEL 8, which Node 20 asks for as well. */
export const GLIBC_OLDEST = '2.28'
const X64 = ['-march=x86-64', '-mtune=generic']
const MUSL_HEADERS = ['-idirafter', '/usr/include']

/** By the name of the platform's package. */
export const PLATFORMS = {
  'linux-x64': { os: 'linux', cpu: 'x64', libc: 'glibc', compiler: process.arch === 'x64' ? 'gcc' : 'x86_64-linux-gnu-gcc', flags: X64, objdump: 'objdump' },
  'linux-arm64': { os: 'linux', cpu: 'arm64', libc: 'glibc', compiler: process.arch === 'arm64' ? 'gcc' : 'aarch64-linux-gnu-gcc', flags: [], objdump: 'aarch64-linux-gnu-objdump' },
  'linux-x64-musl': { os: 'linux', cpu: 'x64', libc: 'musl', compiler: 'musl-gcc', flags: [...X64, ...MUSL_HEADERS, '-idirafter', '/usr/include/x86_64-linux-gnu'], objdump: 'objdump' },
  'linux-arm64-musl': { os: 'linux', cpu: 'arm64', libc: 'musl', compiler: 'aarch64-linux-gnu-gcc', flags: [], objdump: 'aarch64-linux-gnu-objdump' },
  'win32-x64': { os: 'win32', cpu: 'x64', compiler: 'x86_64-w64-mingw32-gcc', flags: X64, objdump: 'x86_64-w64-mingw32-objdump' },
}

/** Of Windows what every Windows 10 has, and of Node's program what it exports. */
const WINDOWS_LIBRARIES = ['kernel32.dll', 'msvcrt.dll', 'ws2_32.dll', 'node.exe']
const WINDOWS_VERSION = '-D_WIN32_WINNT=0x0A00'

/** What binding.gyp lists for Linux. */
function sources() {
  const gyp = readFileSync(join(native, 'binding.gyp'), 'utf8')
  const lists = [...gyp.matchAll(/"sources": \[([^\]]*)\]/g)].slice(0, 2)
  return lists.flatMap(([, list]) => [...list.matchAll(/"([^"]+\.c)"/g)].map(([, name]) => join(native, name)))
}

/** Node's headers, which are the same for every architecture: where npm's `nodedir` setting says, or beside the running Node. */
function headers() {
  const prefixes = [process.env.npm_config_nodedir, dirname(dirname(realpathSync(process.execPath)))]
  const found = prefixes.filter((prefix) => prefix !== undefined).map((prefix) => join(prefix, 'include', 'node')).find((folder) => existsSync(join(folder, 'uv.h')))
  if (found === undefined) throw new Error(`Node's headers are not at ${prefixes.join(' or ')}: set npm_config_nodedir to a folder that has include/node/uv.h.`)
  return found
}

/** Debian has no cross compiler for musl on arm64. Its musl-dev package of that architecture has all that gcc needs. */
function muslOfArm64() {
  const folder = join(root, 'build', 'musl-arm64')
  if (existsSync(join(folder, 'usr', 'include', 'aarch64-linux-musl', 'stdio.h'))) return folder
  rmSync(folder, { recursive: true, force: true })
  const download = mkdtempSync(join(tmpdir(), 'trueaio-musl-'))
  try {
    if (!execFileSync('dpkg', ['--print-foreign-architectures'], { encoding: 'utf8' }).split('\n').includes('arm64')) {
      throw new Error('apt knows no arm64 packages: run "dpkg --add-architecture arm64 && apt-get update" first.')
    }
    execFileSync('apt-get', ['download', '-qq', 'musl-dev:arm64', 'musl:arm64'], { cwd: download, stdio: ['ignore', 'ignore', 'pipe'] })
    for (const archive of readdirSync(download)) execFileSync('dpkg-deb', ['-x', join(download, archive), folder])
  } finally {
    rmSync(download, { recursive: true })
  }
  return folder
}

function flagsOf(name) {
  if (name !== 'linux-arm64-musl') return []
  const folder = muslOfArm64()
  return [
    '-nostdinc', '-isystem', join(folder, 'usr', 'include', 'aarch64-linux-musl'), '-isystem', gccHeaders(), '-idirafter', '/usr/aarch64-linux-gnu/include',
    '-mno-outline-atomics', '-nostdlib', `-L${join(folder, 'lib', 'aarch64-linux-musl')}`, '-lc', '-lgcc',
  ]
}

function gccHeaders() {
  return execFileSync('aarch64-linux-gnu-gcc', ['-print-file-name=include'], { encoding: 'utf8' }).trim()
}

/** Throws where a symbol is newer than promised, or another C library's. */
export function checkSymbols(name, file) {
  const { libc, objdump, os } = PLATFORMS[name]
  if (os === 'win32') {
    const libraries = [...execFileSync(objdump, ['-p', file], { encoding: 'utf8' }).matchAll(/DLL Name: (\S+)/g)].map(([, library]) => library.toLowerCase())
    const others = libraries.filter((library) => !WINDOWS_LIBRARIES.includes(library))
    if (others.length > 0) throw new Error(`${file} needs ${others.join(', ')}, and may need ${WINDOWS_LIBRARIES.join(', ')} only.`)
    return []
  }
  const table = execFileSync(objdump, ['-T', file], { encoding: 'utf8' })
  const versions = [...new Set([...table.matchAll(/\(?GLIBC_([0-9.]+)\)?/g)].map(([, version]) => version))]
  const newer = versions.filter((version) => version.localeCompare(GLIBC_OLDEST, 'en', { numeric: true }) > 0)
  if (libc === 'glibc' && newer.length > 0) {
    const symbols = table.split('\n').filter((line) => newer.some((version) => line.includes(`GLIBC_${version}`))).map((line) => line.split(/\s+/).at(-1))
    throw new Error(`${file} asks for glibc ${newer.join(', ')} by ${symbols.join(', ')}; promised is ${GLIBC_OLDEST}. native/glibc_symbols.h gives them their old versions.`)
  }
  const needed = [...execFileSync(objdump, ['-p', file], { encoding: 'utf8' }).matchAll(/NEEDED\s+(\S+)/g)].map(([, library]) => library)
  const own = libc === 'musl' ? 'libc.so' : 'libc.so.6'
  if (needed.some((library) => library !== own && !(libc === 'glibc' && /^(libpthread|ld-linux-[a-z0-9-]+)\.so\.\d$/.test(library)))) throw new Error(`${file} needs ${needed.join(', ')}, and may need ${own} only.`)
  if (!needed.includes(own)) throw new Error(`${file} does not need ${own}: it would bring a C library of its own into Node's process.`)
  if (libc === 'musl' && versions.length > 0) throw new Error(`${file} is for musl and asks for glibc ${versions.join(', ')}.`)
  return versions
}

function run(program, parameters) {
  const { error, status, stderr } = spawnSync(program, parameters, { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`There is no ${program} (${error.message}): see the packages named in scripts/build-binaries.mjs.`)
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')}:\n${stderr}`)
}

/** Node's program is the library that the addon is linked to: the linker needs a list of those of its symbols that are used. */
function buildForWindows(name, { compiler, flags }, file) {
  const folder = dirname(file)
  const objects = ['addon.c', 'lend.c', ...readdirSync(join(native, 'windows')).filter((entry) => entry.endsWith('.c')).map((entry) => join('windows', entry))].map((source) => {
    const object = join(folder, source.replace(/[\\/]/g, '-').replace(/\.c$/, '.o'))
    run(compiler, [
      '-c', '-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-DNAPI_VERSION=9', '-DNODE_GYP_MODULE_NAME=trueaio', '-DBUILDING_NODE_EXTENSION', WINDOWS_VERSION, ...flags,
      '-isystem', headers(), join(native, source), '-o', object,
    ])
    return object
  })
  const undefinedSymbols = objects.flatMap((object) => execFileSync(compiler.replace(/gcc$/, 'nm'), ['-u', object], { encoding: 'utf8' }).split('\n'))
  const nodes = new Set(undefinedSymbols.map((line) => line.trim().split(/\s+/).at(-1).replace(/^__imp_/, '')).filter((symbol) => /^(napi|uv)_/.test(symbol)))
  const definitions = join(folder, 'node.def')
  const library = join(folder, 'libnode.a')
  writeFileSync(definitions, `NAME node.exe\nEXPORTS\n${[...nodes].sort().map((symbol) => `  ${symbol}\n`).join('')}`)
  run(compiler.replace(/gcc$/, 'dlltool'), ['-d', definitions, '-l', library])
  run(compiler, ['-shared', '-static-libgcc', '-s', ...objects, library, '-lws2_32', '-o', file])
  checkSymbols(name, file)
}

/** Builds one platform's addon unless it is there and newer than its sources. @returns its path */
export function buildBinary(name) {
  const platform = PLATFORMS[name]
  if (platform === undefined) throw new Error(`There is no platform '${name}'. Platforms: ${Object.keys(PLATFORMS).join(', ')}.`)
  const file = join(BINARIES, name, 'trueaio.node')
  const inputs = [...readdirSync(native, { recursive: true }).filter((entry) => /\.(c|h|gyp)$/.test(entry) && !entry.startsWith('build')).map((entry) => join(native, entry)), fileURLToPath(import.meta.url)]
  if (existsSync(file) && inputs.every((input) => statSync(input).mtimeMs <= statSync(file).mtimeMs)) return file
  mkdirSync(dirname(file), { recursive: true })
  if (platform.os === 'win32') {
    buildForWindows(name, platform, file)
    return file
  }
  const flags = flagsOf(name)
  const { error, status, stderr } = spawnSync(platform.compiler, [
    '-shared', '-fPIC', '-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden', '-DNAPI_VERSION=9', '-D_GNU_SOURCE', '-DNODE_GYP_MODULE_NAME=trueaio', '-DBUILDING_NODE_EXTENSION',
    ...(platform.libc === 'glibc' ? ['-include', join(native, 'glibc_symbols.h')] : []),
    ...platform.flags, ...flags.filter((flag) => !flag.startsWith('-l')), '-isystem', headers(), ...sources(), '-Wl,-s', '-Wl,--build-id=none', '-o', file,
    ...flags.filter((flag) => flag.startsWith('-l')), ...(platform.libc === 'glibc' ? ['-lpthread'] : []),
  ], { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`${name}: there is no ${platform.compiler} (${error.message}): see the packages named in scripts/build-binaries.mjs.`)
  if (status !== 0) throw new Error(`${name} did not build:\n${stderr}`)
  checkSymbols(name, file)
  return file
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PLATFORMS)
  try {
    for (const name of names) console.log(`${name}: ${buildBinary(name)}`)
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
