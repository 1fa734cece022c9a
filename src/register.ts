// ① interface — `node --import trueaio/register app.js`: trueaio/fs in the place of node:fs for the whole process. The shared
// module objects are changed in place, so that `require`, `import` and `node:` prefixes all lead to the engine, also
// for code that takes functions out of them later. What blocks, or changes the process, hands over first what was asked
// before it. Worker threads inherit --import; TRUEAIO=off leaves everything be.
import { flushBeforeAll } from './fs/flush-before.js'
import { readClassesFirst, registered, shared } from './fs/node/node-functions.js'
import { callbackStandIns, loadEverything, promiseStandIns } from './fs/stand-ins.js'

/** Child processes that run Node register as well when TRUEAIO_CHILDREN is 1: their NODE_OPTIONS say so. */
function registerChildren(): void {
  const option = `--import=${import.meta.url}`
  const options = process.env['NODE_OPTIONS']
  if (options?.includes(option) !== true) process.env['NODE_OPTIONS'] = options === undefined ? option : `${options} ${option}`
}

if (process.env['TRUEAIO'] !== 'off') {
  readClassesFirst()
  flushBeforeAll(shared.fs, loadEverything)
  const standIns = callbackStandIns()
  Object.assign(shared.fs, standIns)
  for (const [name, standIn] of Object.entries(standIns)) registered.set(name, standIn)
  Object.assign(shared.promises, promiseStandIns())
  process.getBuiltinModule('node:module').syncBuiltinESMExports()
  if (process.env['TRUEAIO_CHILDREN'] === '1') registerChildren()
}
