// The matrix on one driver: every way of writing under every fault, with one oracle.
import assert from 'node:assert/strict'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { statx, write } from 'trueaio'
import { Proactor, setDefaultProactor, type ProactorOptions } from '#src/default-proactor.js'
import { PATIENCE } from '../../launcher/patience.js'
import { Cell, contentOf, wrong } from './cell.js'
import { FAULTS, type Fault, type Place } from './faults.js'
import { CONTENT, type Way } from './way.js'
import { ENGINE_WAYS } from './ways-engine.js'
import { FS_WAYS } from './ways-fs.js'
import { INTERFACE_WAYS } from './ways-interfaces.js'

export const WAYS: readonly Way[] = [...ENGINE_WAYS, ...FS_WAYS, ...INTERFACE_WAYS]

export interface MatrixSubject {
  readonly name: string
  readonly driver: NonNullable<ProactorOptions['driver']>
}

const SIZES = [...new Set(WAYS.map(({ bytes }) => bytes ?? CONTENT))]
/** Milliseconds after which a cell counts as hung. */
const HUNG = 10_000 * PATIENCE
const timeout = 60_000 * PATIENCE
const HANGING: NodeJS.ErrnoException = new Error('hung')
const DEAD_WAIT = 'a way that blocks the thread keeps it from ending the mount'

/** Registers a test for each fault. */
export function matrix(subject: MatrixSubject): void {
  for (const fault of FAULTS) {
    test(`${subject.name}: ${fault.name}: bytes on disk equal what was acknowledged`, { timeout }, async (t) => {
      const missing = fault.missing() || refusal(subject)
      if (missing !== false) {
        t.skip(missing)
        return
      }
      for (const line of excused(subject, fault)) t.diagnostic(line)
      assert.deepEqual(await wrongCells(subject, fault), [])
    })
  }
}

function refusal({ driver }: MatrixSubject): string | false {
  const io = new Proactor({ driver })
  const refused = io.explain().find(({ state }) => state === 'refused')
  void io.close()
  return refused === undefined ? false : `${refused.name}: ${refused.reason ?? 'refused'}`
}

function reason(way: Way, subject: MatrixSubject, fault: Fault): string | undefined {
  const { lacks } = way
  const lacking = lacks?.[`${subject.name}, ${fault.name}`] ?? lacks?.[subject.name] ?? lacks?.[fault.name]
  return lacking ?? (fault.fatal === true && way.blocks === true ? DEAD_WAIT : undefined)
}

function excused(subject: MatrixSubject, fault: Fault): string[] {
  return WAYS.flatMap((way) => {
    const why = reason(way, subject, fault)
    return why === undefined ? [] : [`${way.name}: not shown: ${why}`]
  })
}

/** What is wrong, by way. */
export async function wrongCells(subject: MatrixSubject, fault: Fault): Promise<string[]> {
  const elsewhere = mkdtempSync(join(tmpdir(), 'trueaio-matrix-'))
  const io = new Proactor({ driver: subject.driver })
  const had = setDefaultProactor(io)
  await openAllDrivers(io, elsewhere)
  let place: Place | undefined = undefined
  const found: string[] = []
  try {
    const contents = new Map(SIZES.map((bytes) => [bytes, contentOf(bytes)]))
    // Before there is a fault.
    for (const [bytes, content] of contents) writeFileSync(join(elsewhere, String(bytes)), content)
    for (const [index, way] of WAYS.entries()) {
      if (reason(way, subject, fault) !== undefined) continue
      const bytes = way.bytes ?? CONTENT
      const content = contents.get(bytes) as Buffer // of each size there is one
      const source = join(elsewhere, String(bytes))
      place ??= await fault.make()
      const cell = new Cell(io, join(place.directory, `file-${String(index)}`), content, source)
      const what = await judged(cell, way, fault, place)
      if (what !== undefined) found.push(`${way.name}: ${what}`)
      if (fault.fatal === true) {
        await place.remove()
        place = undefined
      } else rmSync(cell.path, { force: true })
      if (what === 'hung') break // the rest would wait behind it
    }
  } finally {
    await place?.remove()
    setDefaultProactor(had)
    if (!found.some((what) => what.endsWith(': hung'))) await io.close()
    rmSync(elsewhere, { recursive: true })
  }
  return found
}

/**
 * All of the ladder is there before the fault: what a fault does to its making is another test's. A path is the
 * ring's, a position a thread's.
 */
async function openAllDrivers(io: Proactor, directory: string): Promise<void> {
  await io.submit(statx(directory))
  const fd = openSync(join(directory, 'first'), 'w')
  await io.submit(write(fd, Buffer.from('x')))
  closeSync(fd)
}

async function judged(cell: Cell, way: Way, fault: Fault, place: Place): Promise<string | undefined> {
  await place.begin()
  const told = await toldBy(way, cell, place)
  await place.end()
  if (told === HANGING) return 'hung'
  const expected = [...fault.codes, ...(way.alsoTold ?? [])]
  if (told !== undefined && !expected.includes(told.code ?? '')) return `told ${told.stack ?? told.message}`
  if (told === undefined && mustHear(way, fault)) return 'success told, an error expected'
  if (fault.fatal === true) return undefined
  const disk = existsSync(cell.path) ? readFileSync(cell.path) : Buffer.alloc(0)
  return wrong(cell, way, disk, told === undefined)
}

/** The error that the way was told; undefined: success. */
async function toldBy(way: Way, cell: Cell, place: Place): Promise<NodeJS.ErrnoException | undefined> {
  const writing = way.write(cell).then(() => undefined, (error: unknown) => error as NodeJS.ErrnoException)
  const meanwhile = place.meanwhile?.(writing)
  let clock: NodeJS.Timeout | undefined = undefined
  const hung = new Promise<NodeJS.ErrnoException>((resolve) => {
    clock = setTimeout(resolve, HUNG, HANGING)
  })
  const told = await Promise.race([writing, hung])
  clearTimeout(clock)
  if (told !== HANGING) await meanwhile
  return told
}

function mustHear(way: Way, fault: Fault): boolean {
  switch (fault.tells) {
    case 'every way': return true
    case 'close': return way.hearsClose === true
    case 'sync': return way.hearsSync === true
    case 'nobody': return false
  }
}
