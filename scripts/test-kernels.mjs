// Runs tests on Debian's kernels, booted under software emulation: slow (some ten times), but on any machine with Debian.
//   node scripts/test-kernels.mjs                        6.1 and 6.12; the conformance, driver and fault tests
//   node scripts/test-kernels.mjs 6.1 conformance/io     one kernel, the test files with this in their path
// As root, with the Debian packages qemu-system-x86, mmdebstrap, busybox-static, kmod, e2fsprogs, cpio and xz-utils. What is
// downloaded stays in build/kernels; remove that folder for newer kernels. The console's text is left there too, by kernel.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Each kernel's suite of Debian, and the name of its packages. */
const KERNELS = {
  6.1: { suite: 'bookworm', packages: 'linux-image-6.1.0-' },
  6.12: { suite: 'bookworm-backports', packages: 'linux-image-6.12.' },
}
/** What a kernel needs as modules to find its disk, and what tests need. */
const MODULES = ['virtio_pci', 'virtio_blk', 'ext4', 'fuse']
/** Emulation stretches time. */
const PATIENCE = Number(process.env.TRUEAIO_TEST_PATIENCE ?? 10)
const BOOT_MINUTES_MAX = 90
/** Without CMPXCHG16B: QEMU 7.2 emulates it in a way that 6.12 dies of in its first seconds (___slab_alloc). */
const CPU = 'max,cx16=off'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'build', 'kernels')
const words = process.argv.slice(2)
const wanted = Object.keys(KERNELS).filter((version) => words.includes(version))
const tests = words.filter((word) => !(word in KERNELS))
if (tests.length === 0) tests.push('conformance/', 'driver/', 'faults/')

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function run(command, arguments_, options = {}) {
  const result = spawnSync(command, arguments_, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28, ...options })
  if (result.error !== undefined) fail(`${command}: ${result.error.message}`)
  if (result.status !== 0) fail(`${command} ${arguments_.join(' ')} ended with ${String(result.status ?? result.signal)}`)
  return result.stdout
}

function say(text) {
  process.stdout.write(`== ${text}\n`)
}

/** apt with sources and lists of its own: the machine's stay as they are. */
function apt(suite, command, ...arguments_) {
  const own = join(folder, 'apt', suite)
  mkdirSync(join(own, 'lists', 'partial'), { recursive: true })
  mkdirSync(join(own, 'cache', 'archives', 'partial'), { recursive: true })
  writeFileSync(join(own, 'sources.list'), `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian ${suite} main\n`)
  const options = [`Dir::Etc::SourceList=${join(own, 'sources.list')}`, 'Dir::Etc::SourceParts=/dev/null', `Dir::State::Lists=${join(own, 'lists')}`,
    `Dir::Cache=${join(own, 'cache')}`, 'APT::Sandbox::User=root']
  return run(command, [...options.flatMap((option) => ['-o', option]), ...arguments_], { cwd: own })
}

/** The newest package of a kernel, unpacked. */
function kernelOf(version) {
  const target = join(folder, version)
  if (!existsSync(target)) {
    const { suite, packages } = KERNELS[version]
    say(`Linux ${version}: from ${suite}`)
    apt(suite, 'apt-get', '-qq', 'update')
    const names = apt(suite, 'apt-cache', 'pkgnames', packages).split('\n').filter((name) => /^linux-image-[0-9.]+[-+.~a-z0-9]*-cloud-amd64$/.test(name))
    const newest = names.sort((one, other) => one.localeCompare(other, 'en', { numeric: true })).at(-1)
    if (newest === undefined) fail(`${suite} has no ${packages}*-cloud-amd64`)
    apt(suite, 'apt-get', '-qq', 'download', newest)
    const own = join(folder, 'apt', suite)
    const file = readdirSync(own).find((name) => name.startsWith(newest) && name.endsWith('.deb'))
    const unpacked = `${target}.new`
    rmSync(unpacked, { recursive: true, force: true })
    run('dpkg-deb', ['-x', join(own, file), unpacked])
    renameSync(unpacked, target)
  }
  const release = readdirSync(join(target, 'lib', 'modules'))[0]
  return { release, image: join(target, 'boot', `vmlinuz-${release}`), directory: target }
}

/** The modules that are wanted and those they need, needed ones first. */
function modulesOf({ directory, release }) {
  run('depmod', ['-b', directory, release])
  const lines = readFileSync(join(directory, 'lib', 'modules', release, 'modules.dep'), 'utf8').split('\n').filter((line) => line !== '')
  const needs = new Map(lines.map((line) => {
    const [path, needed] = line.split(':')
    return [path, needed.trim() === '' ? [] : needed.trim().split(/\s+/)]
  }))
  const named = (name) => [...needs.keys()].find((path) => basename(path).replace(/\.ko(\.xz)?$/, '').replaceAll('-', '_') === name)
  const order = new Set()
  const add = (path) => {
    if (order.has(path)) return
    for (const needed of needs.get(path) ?? []) add(needed)
    order.add(path)
  }
  for (const name of MODULES) if (named(name) !== undefined) add(named(name)) // else it is built in
  return [...order].map((path) => join(directory, 'lib', 'modules', release, path))
}

function initialFiles(version, kernel) {
  const own = join(folder, `${version}-initial`)
  rmSync(own, { recursive: true, force: true })
  for (const name of ['bin', 'modules', 'proc', 'sys', 'dev', 'disk']) mkdirSync(join(own, name), { recursive: true })
  copyFileSync('/bin/busybox', join(own, 'bin', 'busybox'))
  copyFileSync(join(root, 'test', 'kernels', 'init.sh'), join(own, 'init'))
  chmodSync(join(own, 'init'), 0o755)
  const order = modulesOf(kernel).map((path) => {
    const name = basename(path, '.xz')
    if (path.endsWith('.xz')) writeFileSync(join(own, 'modules', name), run('xz', ['-dc', path], { encoding: 'buffer' }))
    else copyFileSync(path, join(own, 'modules', name))
    return name
  })
  writeFileSync(join(own, 'modules', 'order'), `${order.join('\n')}\n`)
  const environment = `TRUEAIO_TEST_PATIENCE=${String(PATIENCE)} TRUEAIO_TEST_PROGRAMS=/trueaio/build/programs HOME=/root`
  writeFileSync(join(own, 'run.sh'), `cd /trueaio && ${environment} exec node scripts/run-tests.mjs ${tests.map((word) => `'${word}'`).join(' ')}\n`)
  const image = join(folder, `${version}.initrd`)
  run('sh', ['-c', `cd '${own}' && find . | cpio -o -H newc --quiet | gzip -1 > '${image}'`])
  return image
}

/** A small Debian with this checkout and this Node in it, as a disk's image. */
async function makeDisk() {
  const debian = join(folder, 'debian.tar')
  if (!existsSync(debian)) {
    say('a small Debian')
    run('mmdebstrap', ['--quiet', '--variant=minbase', '--include=libstdc++6,util-linux,mount,procps', 'bookworm', `${debian}.new`, '--format=tar'])
    renameSync(`${debian}.new`, debian)
  }
  const files = join(folder, 'files')
  rmSync(files, { recursive: true, force: true })
  mkdirSync(files)
  run('tar', ['-C', files, '--exclude=./dev/*', '-xf', debian])
  const checkout = join(files, 'trueaio')
  copyFileSync(process.execPath, join(files, 'usr', 'bin', 'node'))
  for (const name of ['package.json', 'native', 'dist', 'prebuilds', 'scripts', 'test', 'src', 'node_modules']) cpSync(join(root, name), join(checkout, name), { recursive: true })
  cpSync(join(root, 'build', 'test'), join(checkout, 'build', 'test'), { recursive: true })
  const { compileAll } = await import('../build/test/launcher/compile.js')
  compileAll(join(checkout, 'build', 'programs'))
  const disk = join(folder, 'disk.img')
  rmSync(disk, { force: true })
  run('mkfs.ext4', ['-q', '-d', files, disk, '3G'])
  rmSync(files, { recursive: true })
  return disk
}

function boot(version, image, initial, disk) {
  const log = createWriteStream(join(folder, `${version}.log`))
  const machine = spawn('qemu-system-x86_64', ['-accel', 'tcg,thread=multi', '-cpu', CPU, '-smp', '2', '-m', '4096', '-no-reboot', '-display', 'none',
    '-monitor', 'none', '-serial', 'stdio', '-nic', 'none', '-drive', `file=${disk},format=raw,if=virtio,snapshot=on`, '-kernel', image, '-initrd', initial,
    '-append', 'console=ttyS0 quiet panic=-1'], { stdio: ['ignore', 'pipe', 'inherit'], timeout: BOOT_MINUTES_MAX * 60_000, killSignal: 'SIGKILL' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => machine.kill('SIGKILL'))
  machine.stdout.pipe(log)
  machine.stdout.pipe(process.stdout, { end: false })
  return new Promise((resolve, reject) => {
    machine.once('error', reject)
    machine.once('close', () => log.end(() => {
      const text = readFileSync(join(folder, `${version}.log`), 'utf8')
      resolve(/^== exit status (\d+)/m.exec(text)?.[1])
    }))
  })
}

if (process.getuid?.() !== 0) fail('This needs root: it makes a root file system.')
const missing = ['qemu-system-x86_64', 'mmdebstrap', 'busybox', 'depmod', 'mkfs.ext4', 'cpio', 'xz', 'dpkg-deb'].filter((name) => spawnSync('which', [name]).status !== 0)
if (missing.length > 0) fail(`Not here: ${missing.join(', ')} (Debian: apt-get install qemu-system-x86 mmdebstrap busybox-static kmod e2fsprogs cpio xz-utils dpkg).`)
mkdirSync(folder, { recursive: true })
const disk = await makeDisk()
const results = []
for (const version of wanted.length > 0 ? wanted : Object.keys(KERNELS)) {
  const kernel = kernelOf(version)
  say(`booting Linux ${kernel.release}`)
  const start = Date.now()
  const status = await boot(version, kernel.image, initialFiles(version, kernel), disk)
  results.push({ release: kernel.release, status, minutes: Math.round((Date.now() - start) / 60_000) })
}
for (const { release, status, minutes } of results) say(`Linux ${release}: ${status === '0' ? 'all passed' : status === undefined ? 'did not end' : 'failed'} (${String(minutes)} minutes)`)
process.exit(results.every(({ status }) => status === '0') ? 0 : 1)
