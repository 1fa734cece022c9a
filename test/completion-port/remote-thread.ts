// Another thread's end of a completion port, for remote.test.ts: does what its program says.
import { workerData } from 'node:worker_threads'
import { connect, type SharedPort } from 'trueaio/completion-port'

const { shared, told, program } = workerData as { readonly shared: SharedPort; readonly told: SharedPort; readonly program: string }
const port = connect<string>(shared)
/** Another port, for what this thread has to tell: from its own it could take that itself. */
const main = connect<string>(told)
const code = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

if (program === 'echo' || program === 'echo, blocking') {
  // Posts back each packet it gets until one says that it is over.
  for (;;) {
    const packet = program === 'echo' ? await port.get() : port.getSync()
    if (packet.key === 'over') break
    main.post({ bytes: packet.bytes, key: `thread: ${packet.key}`, overlapped: packet.overlapped })
  }
  port.close()
} else if (program === 'gives up') {
  const late = await port.get({ timeout: 5 }).catch(code)
  let lateSync = ''
  try {
    port.getSync({ timeout: 5 })
  } catch (error) {
    lateSync = code(error)
  }
  const aborted = await port.get({ signal: AbortSignal.timeout(5) }).catch(code)
  main.post({ key: [late, lateSync, aborted].map(String).join(' ') })
  const packet = await port.get()
  main.post({ key: `then ${packet.key}` })
  port.close()
} else if (program === 'is abandoned') {
  main.post({ key: 'waits' })
  const end = await port.get().catch(code)
  let after = ''
  try {
    port.post()
  } catch (error) {
    after = code(error)
  }
  process.exitCode = end === 'ERR_TRUEAIO_ABANDONED_WAIT' && after === 'ERR_TRUEAIO_CLOSED' ? 0 : 1
} else if (program === 'dies while it waits') {
  void port.get()
  main.post({ key: 'waits' })
} else if (program === 'lets go unseen') {
  // Blocked, this thread hears nothing any more: what it asked for comes to nobody.
  void port.get()
  main.post({ key: 'waits' })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
} else if (program === 'takes and dies') {
  const { key } = await port.get()
  main.post({ key: `took ${key}` })
  process.exit(0)
}
