// Writes record after record until it is killed, several at once, and prints the number of each that was acknowledged:
//   node writer.js <driver> <way> <path>
import { closeSync, openSync, writeSync } from 'node:fs'
import { chain, fdatasync, Proactor, setDefaultProactor, write } from 'trueaio'
import promises from 'trueaio/fs/promises'
import { RECORD_BYTES, recordOf, type KilledWay } from './records.js'

const [driver = '', way = '', path = ''] = process.argv.slice(2)
const AT_ONCE = 4
/** Nobody kills it: it ends by itself. */
const RECORDS_MAX = 50_000

const io = new Proactor({ driver: driver as 'io-uring' })
setDefaultProactor(io)

async function writerOf(): Promise<(number: number) => Promise<unknown>> {
  switch (way as KilledWay) {
    case 'chain': {
      const fd = openSync(path, 'w')
      process.once('exit', () => closeSync(fd))
      return (number) => io.submit(chain(write(fd, recordOf(number), number * RECORD_BYTES), fdatasync(fd)))
    }
    case 'commit, offset': {
      const handle = await promises.open(path, 'w')
      return (number) => handle.commit(recordOf(number), { offset: number * RECORD_BYTES })
    }
    case 'commit, position': {
      const handle = await promises.open(path, 'w')
      return (number) => handle.commit(recordOf(number))
    }
    case 'writeFile': return (number) => promises.writeFile(`${path}.${String(number)}`, recordOf(number))
  }
}

const put = await writerOf()
let next = 0
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  while (next < RECORDS_MAX) {
    const number = next++
    await put(number)
    writeSync(1, `${String(number)}\n`) // now, before anything else is done
  }
}))
