// ① interface — from a connection to a connection or a file, through a pipe inside the kernel.
import { splice } from '../../operation/copy.js'
import { write } from '../../operation/file.js'
import type { Pipe } from '../../net/pipes.js'
import { located } from '../errors.js'
import type { Flow } from '../pieces/flow.js'
import { made, type Move } from './move.js'

const SPLICE_F_MOVE = 1

export const forwardMove: Move = {
  name: 'splice through a pipe',
  can({ source, target, through, noted, pace }) {
    if (source.connection === undefined || source.limit !== undefined) return 'from connections only, to their end'
    if (target.connection === undefined && (target.kind !== 'file' || target.descriptor?.offset === undefined || target.room !== undefined)) return 'to connections and files only'
    if (pace !== undefined) return 'a connection is not held back piece by piece in there'
    return through === undefined && noted === undefined ? true : 'the bytes are needed here, for what they go through'
  },
  async run(flow) {
    const { source, target, signal } = flow
    const { connection } = target
    let at = 0
    const sink = connection === undefined ? fileSink(flow) : {
      bytes: (data: Buffer) => connection.send(data, { signal }),
      piped: (pipe: Pipe, bytes: number) => connection.sendPiped(pipe, bytes),
    }
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
        bytes: (data) => counted(data.length, sink.bytes(data, at)),
        piped: (pipe, bytes) => counted(bytes, sink.piped(pipe, bytes, at)),
      }, { signal })
    } catch (error) {
      throw located(error, { end: `source ${flow.sourceName}`, step: 'receive', offset: at, device: forwardMove.name })
    }
  },
}

interface Sink {
  bytes(data: Buffer, at: number): Promise<unknown>
  piped(pipe: Pipe, bytes: number, at: number): Promise<unknown>
}

function fileSink(flow: Flow): Sink {
  const { fd, offset = 0 } = flow.target.descriptor ?? { fd: -1 }
  return {
    async bytes(data, at) {
      for (let done = 0; done < data.length;) done += await made(flow, write(fd, data.subarray(done), offset + at + done))
    },
    async piped(pipe, bytes, at) {
      for (let done = 0; done < bytes;) {
        done += await made(flow, splice(pipe.readEnd, fd, bytes - done, { targetOffset: offset + at + done, flags: SPLICE_F_MOVE }))
      }
    },
  }
}
