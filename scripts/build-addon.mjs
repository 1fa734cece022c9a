// Builds native/ with node-gyp, when a source is newer than the result. `--sanitize=address,undefined` builds the
// sanitized variant beside it (native/build stays the plain one).
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const native = join(root, 'native')
const sanitize = process.argv.find((argument) => argument.startsWith('--sanitize='))?.slice('--sanitize='.length) ?? ''
const target = sanitize === ''
  ? join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'trueaio.node')
  : join(root, 'build', 'sanitized', 'trueaio.node')

const sources = readdirSync(native).filter((name) => /\.(c|h|gyp)$/.test(name)).map((name) => join(native, name))
const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs))
if (existsSync(target) && statSync(target).mtimeMs >= newest) process.exit(0)

const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
// Headers: where npm's `nodedir` setting says (node-gyp looks for npm_config_nodedir itself), else beside the running
// Node, where its archives put them; only without both does node-gyp download them.
const prefix = dirname(dirname(realpathSync(process.execPath)))
const besideNode = process.env.npm_config_nodedir === undefined && existsSync(join(prefix, 'include', 'node', 'uv.h'))
const result = spawnSync(
  process.execPath,
  [nodeGyp, 'rebuild', '--directory', native, '--release', ...(besideNode ? [`--nodedir=${prefix}`] : []), '--', ...(sanitize === '' ? [] : [`-Dsanitize=${sanitize}`])],
  { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' },
)
if (result.status !== 0) {
  process.stderr.write(`${result.stdout}\n${result.stderr}\nThe addon did not build: node-gyp needs python3, make, a C compiler and Node's headers (see above).\n`)
  process.exit(1)
}
mkdirSync(dirname(target), { recursive: true })
copyFileSync(join(native, 'build', 'Release', 'trueaio.node'), target)
rmSync(join(native, 'build'), { recursive: true, force: true })
