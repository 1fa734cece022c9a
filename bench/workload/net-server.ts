// Benchmark — a server under the load of net-load.ts: starts the generator in a process of its own and turns its counts into operations.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Workload } from '../suite.js'
import type { Budget } from './budget.js'
import type { Load } from './net-load.js'

const ENTRY = fileURLToPath(new URL('./net-load.js', import.meta.url))
const LOOK_MILLISECONDS = 20

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** @param close ends the server, once the generator has ended */
export function underLoad(load: Load, close: () => Promise<void> | void): Workload {
  const child = fork(ENTRY, [JSON.stringify(load)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ask = async (message: 'on' | 'off' | 'count'): Promise<number> => {
    if (child.exitCode !== null) throw new Error(`the load generator has ended with ${String(child.exitCode)}`)
    child.send(message)
    const [done] = await once(child, 'message') as [number]
    return done
  }
  return {
    async run(budget: Budget): Promise<void> {
      await ask('on')
      // The first count is of this run alone; the clock is looked at once a count.
      do {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS))
        budget.add(await ask('count'))
      } while (budget.take())
      budget.add(await ask('off'))
    },
    async close(): Promise<void> {
      child.disconnect()
      if (child.exitCode === null) await once(child, 'exit')
      await close()
    },
  }
}
