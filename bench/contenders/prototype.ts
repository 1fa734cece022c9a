// Benchmark — the prototype the engine grew out of, as a contender: a ring driven from JavaScript with no limits, no
// cancellation and no safety. Only when its folder lies beside the checkout; it is compiled into the data directory.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from './command-process.js'
import { Unavailable, type Case, type CommandContender, type Context, type Measurement } from '../suite.js'

const CHECKOUT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))) // from build/bench/contenders/
const SOURCE = join(dirname(CHECKOUT), 'shared', 'prototype')
export const PROTOTYPE_PROMISE = 'shared prototype, promise'
const PROTOTYPE_INLINE = 'shared prototype, callback reaped inline'
// Its generator multiplies beyond 2^53 and loses the low bits: of 65,536 blocks it reads about 1,100, again and again, and
// those stay in the processor's cache (`seed` 1, 300,000 reads). The copy that runs here gets the generator of the others.
const ITS_GENERATOR = /function rnd\(\)\s*\{[^}]*\}/
const OUR_GENERATOR = 'function rnd(){ seed^=seed<<13; seed^=seed>>>17; seed^=seed<<5; return (seed>>>1)%blocks; }'
/** It has no warm-up of its own; below this its compilation would show in its rate. */
const MILLISECONDS_MIN = 250
/** It runs a number of operations, not a time: about what it does in a second. */
const CACHED_RATE_GUESS = 900_000
const CACHED_RATE_GUESS_ONE = 300_000
const DIRECT_RATE_GUESS = 80_000

async function prepare(context: Context): Promise<string> {
  if (!existsSync(join(SOURCE, 'addon.c'))) throw new Unavailable('no shared/prototype beside the checkout')
  const folder = join(context.files.directory, 'prototype')
  const addon = join(folder, 'addon.node')
  if (existsSync(addon)) return folder
  const headers = join(dirname(dirname(process.execPath)), 'include', 'node')
  if (!existsSync(join(headers, 'node_api.h'))) throw new Unavailable(`no Node headers at ${headers}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}')
  copyFileSync(join(SOURCE, 'ring.js'), join(folder, 'ring.js'))
  const program = readFileSync(join(SOURCE, 'bench.js'), 'utf8')
  if (!ITS_GENERATOR.test(program)) throw new Unavailable('the prototype chooses its blocks in a way not known here')
  writeFileSync(join(folder, 'bench.js'), program.replace(ITS_GENERATOR, OUR_GENERATOR))
  try {
    await runCommand('cc', ['-O2', '-shared', '-fPIC', `-I${headers}`, join(SOURCE, 'addon.c'), '-o', addon])
  } catch (error) {
    throw new Unavailable(`the prototype did not compile: ${(error as Error).message.slice(0, 200)}`)
  }
  return folder
}

async function measure(context: Context, case_: Case, milliseconds: number, mode: string, direct: boolean): Promise<Measurement> {
  const guess = direct ? DIRECT_RATE_GUESS * Math.min(1, case_.inFlight / 16) : case_.inFlight === 1 ? CACHED_RATE_GUESS_ONE : CACHED_RATE_GUESS
  const operations = Math.ceil((guess * Math.max(MILLISECONDS_MIN, milliseconds)) / 1000)
  const output = await runCommand(
    process.execPath,
    ['bench.js', mode, String(case_.inFlight), String(operations), context.files.blocks, ...(direct ? ['direct'] : [])],
    { directory: join(context.files.directory, 'prototype'), environment: { ...process.env, FL: 'single' } },
  )
  const match = /([\d.]+)k iops cpu us\/op ([\d.]+)/.exec(output)
  if (match === null) throw new Error(`the prototype answered: ${output.slice(0, 200)}`)
  const rate = Number(match[1]) * 1000
  return { operations, seconds: operations / rate, cpuMicroseconds: Number(match[2]) * operations, figures: {} }
}

export function prototypeContenders(direct: boolean): CommandContender[] {
  const make = (name: string, mode: string, quick: boolean): CommandContender => ({
    kind: 'command', name, quick,
    async prepare(context) {
      await prepare(context)
    },
    measure: (context, case_, milliseconds) => measure(context, case_, milliseconds, mode, direct),
  })
  return direct ? [make(PROTOTYPE_PROMISE, 'prom', false)] : [make(PROTOTYPE_PROMISE, 'prom', true), make(PROTOTYPE_INLINE, 'prom_inline', false)]
}
