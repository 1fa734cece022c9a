// A transfer with a journal that kills its own process once so many bytes are there: SIGKILL, which nothing can prepare for.
import { transfer } from 'trueaio/transfer'

const [source = '', target = '', journal = '', killAt = '0', pieceBytes = '65536', inFlight = '4', rate = ''] = process.argv.slice(2)
const job = transfer(source, target, {
  resume: journal, pieces: { size: Number(pieceBytes), inFlight: Number(inFlight) }, ...rate === '' ? {} : { rate },
})
const look = (): void => {
  if (job.bytes >= Number(killAt)) process.kill(process.pid, 'SIGKILL')
  setImmediate(look)
}
if (Number(killAt) >= 0) look()
await job
process.exit(0)
