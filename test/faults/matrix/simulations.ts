// The faults of the matrix that a simulated driver has, and its files as a cell sees them.
import { close, open, type Proactor } from 'trueaio'
import { simulated, type Fault as SimulatedFault, type SimulatedDriver, type SimulatedOptions } from 'trueaio/simulated'
import type { Files } from './cell.js'
import type { Fault } from './faults.js'
import { ROOM, SHORT } from './way.js'

export interface Simulation {
  readonly driver: SimulatedDriver
  /** The fault begins. */
  readonly begin: () => void
}

/** The files of a simulation. Descriptors are opened and closed by operations, which no fault befalls before it begins. */
export function simulatedFiles({ files }: SimulatedDriver, io: Proactor): Files {
  return {
    open: (path, flags) => io.submit(open(path, { flags, mode: 0o644 })),
    close: (fd) => io.submit(close(fd)),
    write: (path, content) => {
      files.write(path, content)
    },
    read: (path) => files.exists(path) ? files.read(path) : Buffer.alloc(0),
    remove: (path) => {
      files.remove(path)
    },
  }
}

interface Simulating extends Pick<Fault, 'codes' | 'tells'> {
  readonly options?: SimulatedOptions
  readonly faults?: readonly SimulatedFault[]
  /** Bytes that are left of the disk. */
  readonly bytesLeft?: number
}

function nothing(): void {
  // the simulation is all there is
}

function simulating(name: string, { bytesLeft, codes, faults = [], options = {}, tells }: Simulating): Fault {
  return {
    name, codes, tells, missing: () => false,
    make: () => ({ directory: '/', begin: nothing, end: nothing, remove: nothing }),
    simulation() {
      const driver = simulated(options)
      return {
        driver,
        begin() {
          for (const fault of faults) driver.addFault(fault)
          if (bytesLeft !== undefined) driver.files.bytesMax = driver.files.bytesUsed + bytesLeft
        },
      }
    },
  }
}

/** What moves bytes into a file. */
const WRITES = ['write', 'writev', 'copy_file_range', 'sendfile']

export const SIMULATED_FAULTS: readonly Fault[] = [
  simulating('none', { codes: [], tells: 'nobody' }),
  simulating('full disk', { bytesLeft: ROOM, codes: ['ENOSPC', SHORT], tells: 'every way' }),
  simulating('EIO at the first write', { faults: [{ opcode: WRITES, at: 1, error: 'EIO' }], codes: ['EIO'], tells: 'every way' }),
  simulating('EIO at each write from the third', { faults: [{ opcode: WRITES, at: Array.from({ length: 1000 }, (_, index) => index + 3), error: 'EIO' }], codes: ['EIO', SHORT], tells: 'nobody' }),
  simulating('EINTR at one write', { faults: [{ opcode: WRITES, at: 1, error: 'EINTR' }], codes: ['EINTR', SHORT], tells: 'nobody' }),
  simulating('short writes', { faults: [{ opcode: WRITES, short: 20_480 }], codes: [SHORT], tells: 'nobody' }),
  simulating('short writes by chance', { options: { shortRate: 0.7 }, codes: [SHORT], tells: 'nobody' }),
  simulating('slow writes', { faults: [{ opcode: WRITES, delay: 1000 }], codes: [], tells: 'nobody' }),
  simulating('EIO at close', { faults: [{ opcode: 'close', error: 'EIO' }], codes: ['EIO'], tells: 'close' }),
  simulating('EIO at sync', { faults: [{ opcode: ['fsync', 'fdatasync'], error: 'EIO' }], codes: ['EIO'], tells: 'sync' }),
  simulating('no descriptor left', { faults: [{ opcode: 'open', error: 'EMFILE' }], codes: ['EMFILE'], tells: 'nobody' }),
  simulating('often no room in the driver', { options: { refuseRate: 0.5, inFlightMax: 2 }, codes: [], tells: 'nobody' }),
]
