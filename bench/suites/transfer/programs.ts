// Benchmark suite — the programs beside `trueaio/transfer`: cp, pv, rsync, sha256sum, socat, and C's sendfile and nginx, each measured alone.
import { readFileSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { runCommand } from '../../contenders/command-process.js'
import { mustBeThere, timedCommand, type Timed } from '../../contenders/timed-command.js'
import { Unavailable, type Case, type CommandContender, type Context, type Measurement } from '../../suite.js'
import { freePort } from '../../workload/net-server.js'
import { startPeer } from '../../workload/tcp-peer.js'
import { COPY, HASH, newTarget, operationsOf, RECEIVE, SEND, sourceOf, TREE } from './work.js'

/** Part of a `--quick` run: one for each case. */
const QUICK: ReadonlySet<string> = new Set(['cp', 'sha256sum', 'socat', 'cp -r'])
/** socat's own is 8 KiB. */
const SOCAT_LARGE_BYTES = '262144'

/** A program over a source and a new target. */
function overFiles(name: string, program: string, work: string, arguments_: (source: string, target: string) => readonly string[], needs = program): CommandContender {
  return {
    kind: 'command', name, quick: QUICK.has(name),
    takesPart: (one: Case) => one.work === work,
    prepare: () => mustBeThere(needs),
    async measure(context: Context, one: Case): Promise<Measurement> {
      const { source, operations } = sourceOf(context, one)
      return measured(operations, await timedCommand(program, arguments_(source, newTarget(context))))
    },
  }
}

function measured(operations: number, { seconds, cpuMicroseconds }: Timed): Measurement {
  return { operations, seconds, cpuMicroseconds, figures: {} }
}

function sending(name: string, program: string, ready: (context: Context) => Promise<void>, arguments_: (source: string, port: number, context: Context) => readonly [string, ...string[]]): CommandContender {
  return {
    kind: 'command', name, quick: QUICK.has(name),
    takesPart: (one) => one.work === SEND,
    async prepare(context) {
      await mustBeThere(program)
      await ready(context)
    },
    async measure(context, one) {
      const { source, operations } = sourceOf(context, one)
      const peer = await startPeer({ kind: 'take' })
      const [command, ...rest] = arguments_(source, peer.port, context)
      const timed = await timedCommand(command, rest)
      operationsOf(context, await peer.ended)
      return measured(operations, timed)
    },
  }
}

function receiving(name: string, options: readonly string[]): CommandContender {
  return {
    kind: 'command', name, quick: QUICK.has(name),
    takesPart: (one) => one.work === RECEIVE,
    prepare: () => mustBeThere('socat'),
    async measure(context, one) {
      const { source, operations } = sourceOf(context, one)
      const peer = await startPeer({ kind: 'send', path: source })
      return measured(operations, await timedCommand('socat', ['-u', ...options, `TCP:127.0.0.1:${String(peer.port)}`, `CREATE:${newTarget(context)}`]))
    },
  }
}

/** The least that a program could do: one system call after the other until all is sent. */
const SENDFILE = `
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>
int main(int count, char** arguments) {
  if (count < 3) return 2;
  int file = open(arguments[1], O_RDONLY), peer = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (file < 0 || connect(peer, (struct sockaddr*)&address, sizeof address) != 0) return 1;
  ssize_t sent;
  while ((sent = sendfile(peer, file, NULL, 1 << 30)) > 0) continue;
  char end;
  return sent < 0 || shutdown(peer, SHUT_WR) != 0 || read(peer, &end, 1) != 0;
}
`
const programOf = ({ files }: Context): string => join(files.directory, 'c-sendfile')

async function compile(context: Context): Promise<void> {
  const source = `${programOf(context)}.c`
  writeFileSync(source, SENDFILE)
  await runCommand('cc', ['-O2', '-o', programOf(context), source]).catch((error: unknown) => {
    throw new Unavailable(`no C compiler: ${(error as Error).message.split('\n', 1)[0] ?? ''}`)
  })
}

/** Processor time of a process that goes on, in microseconds. Linux counts it in nanoseconds there. */
function cpuOf(pid: number): number {
  return Number(readFileSync(`/proc/${String(pid)}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e3
}

/** nginx with one worker, whose time counts, under one request for the file. */
const nginx: CommandContender = {
  kind: 'command', name: 'nginx', quick: false,
  takesPart: ({ work }) => work === SEND,
  prepare: () => mustBeThere('nginx'),
  async measure(context, one) {
    const { source, operations } = sourceOf(context, one)
    const port = await freePort()
    const { directory } = context.files
    const settings = join(directory, 'nginx.conf')
    writeFileSync(settings, `daemon off; master_process off; worker_processes 1; pid ${join(directory, 'nginx.pid')}; error_log stderr;
      events { worker_connections 16; }
      http { access_log off; sendfile on; tcp_nopush on;
        client_body_temp_path ${directory}/n1; proxy_temp_path ${directory}/n2; fastcgi_temp_path ${directory}/n3; uwsgi_temp_path ${directory}/n4; scgi_temp_path ${directory}/n5;
        server { listen 127.0.0.1:${String(port)}; location / { root ${join(source, '..')}; } } }`)
    const child = spawn('nginx', ['-p', directory, '-c', settings], { stdio: 'ignore' })
    try {
      await answers(port)
      const before = cpuOf(child.pid ?? 0)
      const begin = performance.now()
      const peer = await startPeer({ kind: 'get', url: `http://127.0.0.1:${String(port)}/${source.split('/').at(-1) ?? ''}` })
      const started = performance.now()
      operationsOf(context, await peer.ended)
      const seconds = (performance.now() - Math.max(begin, started)) / 1000
      return measured(operations, { seconds, cpuMicroseconds: cpuOf(child.pid ?? 0) - before })
    } finally {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  },
}

const ANSWERS_MILLISECONDS_MAX = 5000
const LOOK_MILLISECONDS = 20

/** It has begun to listen. */
async function answers(port: number): Promise<void> {
  for (const end = performance.now() + ANSWERS_MILLISECONDS_MAX; performance.now() < end;) {
    const reached = await fetch(`http://127.0.0.1:${String(port)}/none`).then(() => true, () => false)
    if (reached) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS))
  }
  throw new Unavailable('nginx did not begin to listen')
}

const tcp = (port: number): string => `TCP:127.0.0.1:${String(port)}`
const nothing = (): Promise<void> => Promise.resolve()

export const programs: readonly CommandContender[] = [
  overFiles('cp', 'cp', COPY, (source, target) => [source, target]),
  overFiles('pv', 'bash', COPY, (source, target) => ['-c', 'pv -q "$1" > "$2"', 'bash', source, target], 'pv'),
  overFiles('rsync', 'rsync', COPY, (source, target) => ['--whole-file', source, target]),
  overFiles('sha256sum', 'sha256sum', HASH, (source) => [source]),
  sending('C, sendfile', 'cc', compile, (source, port, context) => [programOf(context), source, String(port)]),
  nginx,
  sending('socat', 'socat', nothing, (source, port) => ['socat', '-u', `OPEN:${source}`, tcp(port)]),
  sending('socat -b 256 KiB', 'socat', nothing, (source, port) => ['socat', '-u', '-b', SOCAT_LARGE_BYTES, `OPEN:${source}`, tcp(port)]),
  receiving('socat', []),
  receiving('socat -b 256 KiB', ['-b', SOCAT_LARGE_BYTES]),
  overFiles('cp -r', 'cp', TREE, (source, target) => ['-r', source, target]),
  overFiles('cp -a', 'cp', TREE, (source, target) => ['-a', source, target]),
  overFiles('rsync -a', 'rsync', TREE, (source, target) => ['-a', `${source}/`, target]),
]
