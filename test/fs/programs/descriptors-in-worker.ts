// A worker that opens and closes in the way it is told, and stays until it is told to end.
import fs from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { call, close, open, Proactor } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'
import { IOCB_CMD_PREAD, IOCB_FLAG_RESFD, io_setup, io_submit, type Iocb } from 'trueaio/linux-aio'
import * as ours from 'trueaio/fs'

const { way, file: FILE, pipe: PIPE } = workerData as { readonly way: string, readonly file: string, readonly pipe: string }
const port = parentPort as NonNullable<typeof parentPort>
const kept: unknown[] = []
port.on('message', () => port.close())

const openOurs = (): Promise<number> => new Promise((resolve, reject) => ours.open(FILE, (error, fd) => (error === null ? resolve(fd) : reject(error))))
const closeOurs = (fd: number): Promise<void> => new Promise((resolve, reject) => ours.close(fd, (error) => (error ? reject(error) : resolve())))

const ways: Readonly<Record<string, () => Promise<number>>> = {
  async 'Node opens, the engine closes'() {
    const fd = fs.openSync(FILE, 'r')
    await closeOurs(fd)
    return fd
  },
  async 'Node opens, a system call closes'() {
    const io = new Proactor()
    const fd = fs.openSync(FILE, 'r')
    const result = await io.submit(call('close', fd))
    await io.close()
    return result === 0 ? fd : -2
  },
  async 'the engine opens, a system call closes'() {
    const io = new Proactor()
    const fd = await io.submit(open(FILE))
    const result = await io.submit(call('close', fd))
    await io.close()
    return result === 0 ? fd : -2
  },
  async 'a system call opens, and one closes'() {
    const io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
    await io.submit(close(await io.submit(call('openat', -100, FILE, 0))))
    const fd = await io.submit(call('openat', -100, FILE, 0))
    const result = await io.submit(call('close', fd))
    await io.close()
    return result === 0 ? fd : -2
  },
  async 'each closes what the other has opened'() {
    const io = new Proactor()
    fs.closeSync(await io.submit(open(FILE)))
    await io.submit(close(fs.openSync(FILE, 'r')))
    await closeOurs(await openOurs())
    await io.close()
    return -1
  },
  async 'numbers and handles stay open'() {
    await openOurs()
    kept.push(await ours.promises.open(FILE))
    return -1
  },
  async 'a pipe is open for writing'() {
    fs.openSync(PIPE, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
    const openPipe = (): Promise<number> => new Promise((resolve, reject) => {
      ours.open(PIPE, fs.constants.O_WRONLY, (error, one) => (error === null ? resolve(one) : reject(error)))
    })
    kept.push(await ours.promises.open(PIPE, fs.constants.O_WRONLY))
    await openPipe()
    const fd = await openPipe()
    await closeOurs(fd)
    fs.closeSync(await openPipe())
    return -1
  },
  async 'paths are watched'() {
    const io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
    const queue = new EventQueue({ proactor: io })
    await queue.watchPath(FILE, 'file')
    kept.push(queue)
    io.unref()
    return -1
  },
  async 'requests name eventfds'() {
    const io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
    const counter = await io.submit(call('eventfd2', 0, 0o2000000))
    const reader = fs.openSync(PIPE, fs.constants.O_RDWR)
    const context = io_setup(8, { proactor: io })
    const silent = (): Iocb => ({ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: reader, aio_buf: Buffer.alloc(8), aio_flags: IOCB_FLAG_RESFD, aio_resfd: counter })
    io_submit(context, [silent(), silent(), silent()])
    kept.push(context)
    await io.submit(call('close', counter)) // what `call` has opened is the program's to close
    io.unref()
    return -1
  },
  'files are being read'() {
    for (let index = 0; index < 100; index++) void ours.promises.readFile(index % 2 === 0 ? FILE : import.meta.filename).catch(() => undefined)
    return Promise.resolve(-1)
  },
}

const fd = await (ways[way] ?? Promise.reject)()
port.postMessage(fd)
