// The drivers that carry out operations on sockets, each as a proactor of its own.
import { readdirSync, readlinkSync } from 'node:fs'
import { Proactor, type ProactorOptions } from 'trueaio'
import { simulated } from 'trueaio/simulated'

/** By name of the test. */
export const SOCKET_DRIVERS: Readonly<Record<string, ProactorOptions>> = process.platform === 'win32' ? { iocp: { driver: ['iocp', 'node'] } } : {
  'io-uring': { driver: 'io-uring' },
  'thread-pool': { driver: 'thread-pool' },
  'linux-aio': { driver: 'linux-aio' },
  'all drivers together': { driver: ['io-uring', 'thread-pool', 'node'] },
}

/** A network in memory, without faults: a new one each time. */
export function simulatedNetwork(): ProactorOptions {
  return { driver: simulated({ seed: Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31), cancelTooLateRate: 0, cancelUnstoppableRate: 0 }) }
}

/** Why a driver cannot run here; false: it can. */
export async function reasonToSkip(options: ProactorOptions): Promise<string | false> {
  try {
    const io = new Proactor(options)
    const refused = io.explain().find(({ state }) => state === 'refused')
    await io.close()
    return refused === undefined ? false : `${refused.name}: ${refused.reason ?? 'refused'}`
  } catch (error) {
    return (error as Error).message
  }
}

/** Open sockets of this process. */
export function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false // the descriptor of the listing itself
    }
  }).length
}
