// A worker that opens and closes in the way it is told, and stays until it is told to end.
import fs from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { close, open, Proactor } from 'trueaio'
import * as ours from 'trueaio/fs'

const { way, file: FILE } = workerData as { readonly way: string, readonly file: string }
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
  'files are being read'() {
    for (let index = 0; index < 100; index++) void ours.promises.readFile(index % 2 === 0 ? FILE : import.meta.filename).catch(() => undefined)
    return Promise.resolve(-1)
  },
}

const fd = await (ways[way] ?? Promise.reject)()
port.postMessage(fd)
