// A transfer that is under way when its thread or process ends. It says 'moving' once bytes have gone, and then stays, exits or is ended by others.
import { parentPort } from 'node:worker_threads'
import { transfer } from 'trueaio/transfer'
import { Proactor } from 'trueaio'

const [source = '', target = '', driver = '', ending = 'stay'] = process.argv.slice(2)
const job = transfer(source, target, { rate: '400KB/s', ...driver === '' ? {} : { proactor: new Proactor({ driver }) } })
job.catch(() => undefined)
const look = (): void => {
  if (job.bytes === 0) {
    setImmediate(look)
    return
  }
  if (ending === 'exit') process.exit(0)
  if (ending === 'throw') throw new Error('thrown to end it')
  if (ending === 'kill') process.kill(process.pid, 'SIGKILL')
  parentPort?.postMessage('moving')
}
look()
