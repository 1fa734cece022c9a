// Members of a chat: each is one connection to examples/chat.mjs, the first one speaks. Prints figures as JSON.
//   node chat-members.js port members process-id-of-the-server
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { connect, type Connection } from 'trueaio/net'

const [port = 0, count = 0, server = 0] = process.argv.slice(2).map(Number)
const TOGETHER = 100
const LINES = 5

const rss = (): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(server)}/status`, 'utf8'))?.[1]) * 1024

/** A member that listens: it counts the lines that it hears. */
class Listener {
  lines = 0
  last = ''
  #rest = ''

  async listen(connection: Connection): Promise<void> {
    for await (const piece of connection.pieces()) {
      const lines = (this.#rest + piece.bytes.toString()).split('\n')
      piece.release()
      this.#rest = lines.pop() ?? ''
      this.lines += lines.length
      this.last = lines.at(-1) ?? this.last
    }
  }
}

const rssBefore = rss()
const speaker = await connect({ host: '127.0.0.1', port })
const members: Connection[] = []
const listeners: Listener[] = []
/** How each has ended. */
const listening: Promise<string>[] = []
const start = performance.now()
while (members.length < count - 1) {
  const more = await Promise.all(Array.from({ length: Math.min(TOGETHER, count - 1 - members.length) }, () => connect({ host: '127.0.0.1', port })))
  for (const member of more) {
    const listener = new Listener()
    members.push(member)
    listeners.push(listener)
    listening.push(listener.listen(member).then(() => 'ended', (error: unknown) => String((error as NodeJS.ErrnoException).code)))
  }
}

/** Says a line, and waits until all have heard it. */
async function say(line: string): Promise<number> {
  const begin = performance.now()
  await speaker.send(`${line}\n`)
  while (!listeners.every(({ last }) => last === line)) await wait(1)
  return performance.now() - begin
}

// Who is connected is not yet accepted: this is said until all have heard it once.
while (listeners.some(({ lines }) => lines === 0)) {
  await speaker.send('hello\n')
  await wait(50)
}
await say('all are there')
const openMilliseconds = performance.now() - start
const bytesEach = (rss() - rssBefore) / count
const heardBefore = listeners.reduce((sum, { lines }) => sum + lines, 0)
const lineMilliseconds: number[] = []
for (let line = 0; line < LINES; line++) lineMilliseconds.push(await say(`line ${String(line)}`))
const heard = listeners.reduce((sum, { lines }) => sum + lines, 0) - heardBefore
await Promise.all([speaker, ...members].map((member) => member.close()))
const ends = [...new Set(await Promise.all(listening))]
process.stdout.write(JSON.stringify({ openMilliseconds, bytesEach, lineMilliseconds, heard, wanted: LINES * (count - 1), ends }))
