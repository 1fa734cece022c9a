// ① interface — `trueaio top`: asks a running program for its figures again and again, and shows what happens in between.
import { readdirSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal, UsageError, wholeNumber, type Command } from '../command.js'
import { columnsOf, printable, tableOf } from '../terminal.js'
import { shownBytes, shownMicroseconds, type ProactorFigures } from '../watch/figures.js'
import { socketFolder, socketOf } from './place.js'

interface Answer {
  readonly pid: number
  readonly title: string
  readonly at: number
  readonly cpu: NodeJS.CpuUsage
  readonly rss: number
  readonly proactors: readonly ProactorFigures[]
}

const ANSWER_MILLISECONDS = 5_000
const ANSWER_BYTES_MAX = 1 << 20

function ask(pid: number): Promise<Answer> {
  const path = socketOf(socketFolder(), pid)
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    const pieces: Buffer[] = []
    let bytes = 0
    socket.setTimeout(ANSWER_MILLISECONDS, () => socket.destroy(new Refusal(`process ${String(pid)} does not answer: its event loop is blocked, or it is stopped`)))
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece)
      if ((bytes += piece.length) > ANSWER_BYTES_MAX) socket.destroy(new Refusal(`process ${String(pid)} answers with more than a megabyte`))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const { code } = error
      if (error instanceof Refusal) reject(error)
      else reject(new Refusal(code === 'ENOENT' ? `process ${String(pid)} does not answer: start it with TRUEAIO_TOP=1; it answers from its first operation on` : `process ${String(pid)} has gone (${code ?? error.message})`))
    })
    socket.on('end', () => {
      try {
        resolve(JSON.parse(Buffer.concat(pieces).toString()) as Answer)
      } catch {
        reject(new Refusal(`process ${String(pid)} sent an answer that is not figures`))
      }
    })
  })
}

/** What has happened between two answers, a second. */
function view(now: Answer, before: Answer | undefined, columns: number): string {
  const seconds = before === undefined ? 0 : Math.max(0.001, (now.at - before.at) / 1e3)
  const perSecond = (value: number, earlier: number): string => (seconds === 0 ? '' : shownBytes(Math.round((value - earlier) / seconds)))
  const cpu = before === undefined ? '' : `, CPU ${(((now.cpu.user + now.cpu.system - before.cpu.user - before.cpu.system) / 1e4) / seconds).toFixed(0)} %`
  const lines = [printable(`${String(now.pid)} ${now.title}`).slice(0, columns), `memory ${shownBytes(now.rss)}${cpu}`]
  now.proactors.forEach((figures, index) => {
    const earlier = before?.proactors[index]
    lines.push('', `driver ${figures.driver}: in flight ${String(figures.inFlight)}, waiting ${String(figures.queued)}, abandoned ${String(figures.abandoned)}, system calls ${String(figures.systemCalls)}${seconds === 0 ? '' : ` (${perSecond(figures.systemCalls, earlier?.systemCalls ?? 0)}/s)`}`)
    const rows = Object.entries(figures.operations).sort(([, a], [, b]) => b.count - a.count).map(([name, { count, errors, bytes, p50, p99 }]) => {
      const last = earlier?.operations[name]
      return [name, perSecond(count, last?.count ?? 0), perSecond(bytes, last?.bytes ?? 0), String(count), errors === 0 ? '' : String(errors), shownMicroseconds(p50), shownMicroseconds(p99)]
    })
    lines.push(...tableOf(['operation', 'each s', 'bytes/s', 'count', 'errors', 'p50', 'p99'], rows, columns))
  })
  return lines.join('\n')
}

export const top: Command = {
  name: 'top',
  usage: ['[OPTIONS] PID', '--list'],
  text: 'Shows the figures of a running program that was started with TRUEAIO_TOP=1, again each second. With TRUEAIO_LATENCY=1 it also has latencies. Only its own user can connect: the socket has mode 0600.',
  options: [
    { name: 'interval', value: 'MILLISECONDS', text: 'between two views. Default: 1000' },
    { name: 'count', short: 'n', value: 'COUNT', text: 'ends after that many views. Default: runs until Ctrl-C, or the end of the program' },
    { name: 'json', text: 'one JSON document a line' },
    { name: 'list', text: 'lists the programs that answer' },
  ],
  async run(given) {
    if (given.values['list'] === true) {
      const pids = readdirSync(socketFolder()).flatMap((name) => /^(\d+)\.sock$/.exec(name)?.[1] ?? [])
      for (const pid of pids) {
        const answer = await ask(Number(pid)).catch(() => undefined)
        if (answer !== undefined) console.log(printable(`${pid} ${answer.title}`))
      }
      return 0
    }
    const [word, ...more] = given.positionals
    const pid = Number(word)
    if (more.length > 0 || !Number.isSafeInteger(pid) || pid <= 0) throw new UsageError(`top needs the number of one process, and got ${word === undefined ? 'none' : `'${given.positionals.join(' ')}'`}`)
    const interval = wholeNumber(given, 'interval', 10, 3_600_000, 1000)
    const count = wholeNumber(given, 'count', 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    const isLive = process.stdout.isTTY && given.values['json'] !== true
    let before: Answer | undefined
    for (let shown = 0; shown < count; shown++) {
      if (shown > 0) await sleep(interval)
      let now: Answer
      try {
        now = await ask(pid)
      } catch (error) {
        // It was there, and has ended.
        if (before !== undefined) return 0
        throw error
      }
      if (given.values['json'] === true) console.log(JSON.stringify(now))
      else console.log(`${isLive ? '\u001b[H\u001b[2J' : shown > 0 ? '\n' : ''}${view(now, before, columnsOf(process.stdout))}`)
      before = now
    }
    return 0
  },
}
