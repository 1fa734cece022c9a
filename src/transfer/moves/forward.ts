// ① interface — from a connection to a connection, through a pipe inside the kernel. Into a file a pipe costs twice what large reads and writes do (Linux 6.18:
// 0.9 s of processor time for 512 MiB, 0.4 s): it holds sixteen parts, however small each is.
import type { Pipe } from '../../net/pipes.js'
import { located } from '../errors.js'
import type { Move } from './move.js'

export const forwardMove: Move = {
  name: 'splice through a pipe',
  capabilities: { where: 'kernel', from: ['socket'], to: ['socket'], bytesPerCpuSecond: 4.9e9 },
  can({ source, target, through, noted, pace }) {
    if (source.connection === undefined || source.limit !== undefined) return 'from connections only, to their end'
    if (target.connection === undefined) return 'to connections only'
    if (pace !== undefined) return 'a connection is not held back piece by piece in there'
    return through === undefined && noted === undefined ? true : 'the bytes are needed here, for what they go through'
  },
  async run(flow) {
    const { source, target, signal } = flow
    const { connection } = target
    let at = 0
    if (connection === undefined) return // see `can`
    const counted = async (bytes: number, done: Promise<unknown>): Promise<void> => {
      await done.catch((error: unknown) => {
        throw located(error, { end: `target ${flow.targetName}`, step: 'write', offset: at, device: forwardMove.name })
      })
      at += bytes
      flow.moved(bytes)
      flow.wrote(bytes)
    }
    try {
      await source.connection?.forwardInto({
        bytes: (data) => counted(data.length, connection.send(data, { signal })),
        piped: (pipe: Pipe, bytes) => counted(bytes, connection.sendPiped(pipe, bytes)),
      }, { signal })
    } catch (error) {
      throw located(error, { end: `source ${flow.sourceName}`, step: 'receive', offset: at, device: forwardMove.name })
    }
  },
}
