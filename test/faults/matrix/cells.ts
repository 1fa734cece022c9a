// The cells of the matrix on one driver under one fault, with one oracle.
import { constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { statx, write } from 'trueaio'
import { Proactor, setDefaultProactor, type ProactorOptions } from '#src/default-proactor.js'
import { PATIENCE } from '../../launcher/patience.js'
import { Cell, contentOf, SYSTEM_FILES, wrong, type Files } from './cell.js'
import type { Fault, Place } from './faults.js'
import { simulatedFiles } from './simulations.js'
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
const HANGING: NodeJS.ErrnoException = new Error('hung')
const DEAD_WAIT = 'a way that blocks the thread keeps it from ending the mount'

/** Why a cell cannot be shown; undefined: it can. */
export function reason(way: Way, subject: MatrixSubject, fault: Fault): string | undefined {
  const { lacks } = way
  const lacking = lacks?.[`${subject.name}, ${fault.name}`] ?? lacks?.[subject.name] ?? lacks?.[fault.name]
  return lacking ?? (fault.fatal === true && way.blocks === true ? DEAD_WAIT : undefined)
}

/** A proactor and the files it works on. */
interface Subjects {
  readonly io: Proactor
  readonly files: Files
  /** The folder of the files that ways copy, by their sizes. */
  readonly elsewhere: string
}

/** What is wrong, by way. */
export async function wrongCells(subject: MatrixSubject, fault: Fault): Promise<string[]> {
  const { simulation } = fault
  return simulation === undefined ? await wrongOnSystem(subject, fault) : await wrongInSimulations(subject, fault, simulation)
}

async function wrongOnSystem(subject: MatrixSubject, fault: Fault): Promise<string[]> {
  const subjects = { io: new Proactor({ driver: subject.driver }), files: SYSTEM_FILES, elsewhere: mkdtempSync(join(tmpdir(), 'trueaio-matrix-')) }
  const { io, elsewhere } = subjects
  const had = setDefaultProactor(io)
  let place: Place | undefined = undefined
  const found: string[] = []
  try {
    await openAllDrivers(subjects)
    writeSources(subjects) // before there is a fault
    for (const [index, way] of WAYS.entries()) {
      if (reason(way, subject, fault) !== undefined) continue
      place ??= await fault.make()
      const cell = cellOf(subjects, way, join(place.directory, `file-${String(index)}`))
      const what = await judged(cell, way, fault, place)
      if (what !== undefined) found.push(`${way.name}: ${what}`)
      if (fault.fatal === true) {
        await place.remove()
        place = undefined
      } else SYSTEM_FILES.remove(cell.path)
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

/** Each cell has a simulation of its own: faults that count operations begin at the first, and nothing is left open at its end. */
async function wrongInSimulations(subject: MatrixSubject, fault: Fault, simulation: NonNullable<Fault['simulation']>): Promise<string[]> {
  const found: string[] = []
  for (const way of WAYS) {
    if (reason(way, subject, fault) !== undefined) continue
    const { begin, driver } = simulation()
    const io = new Proactor({ driver })
    const subjects = { io, files: simulatedFiles(driver, io), elsewhere: '/elsewhere' }
    const had = setDefaultProactor(io)
    try {
      writeSources(subjects)
      const cell = cellOf(subjects, way, '/file')
      const what = await judged(cell, way, fault, { ...await fault.make(), begin })
      if (what !== undefined) found.push(`${way.name}, seed ${String(driver.seed)}: ${what}`)
      if (what === 'hung') return found
      if (driver.openDescriptors !== 0) found.push(`${way.name}: ${String(driver.openDescriptors)} descriptors left open`)
    } finally {
      setDefaultProactor(had)
    }
    await io.close()
  }
  return found
}

function cellOf({ elsewhere, files, io }: Subjects, way: Way, path: string): Cell {
  const bytes = way.bytes ?? CONTENT
  return new Cell(io, files, path, contentOf(bytes), join(elsewhere, String(bytes)))
}

function writeSources({ elsewhere, files }: Subjects): void {
  for (const bytes of SIZES) files.write(join(elsewhere, String(bytes)), contentOf(bytes))
}

/**
 * All of the ladder is there before the fault: what a fault does to its making is another test's. A path is the
 * ring's, a position a thread's.
 */
async function openAllDrivers({ elsewhere, files, io }: Subjects): Promise<void> {
  await io.submit(statx(elsewhere))
  const fd = await files.open(join(elsewhere, 'first'), constants.O_CREAT | constants.O_WRONLY)
  await io.submit(write(fd, Buffer.from('x')))
  await files.close(fd)
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
  return wrong(cell, way, cell.files.read(cell.path), told === undefined)
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
