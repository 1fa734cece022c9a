// ① interface — `trueaio serve`: the files of a directory over http.
import { textOf, UsageError, wholeNumber, ExitCode, type Command, type Given } from '../command.js'
import { printable } from '../terminal.js'
import { interruption } from '../move/interruption.js'
import { durationOf, useDriver } from '../move/settings.js'
import { exactWord } from '../move/words.js'
import type { FileServerOptions } from './file-server.js'

const PORT = 8080
const PORT_MAX = 65_535
const GRACE_MILLISECONDS = 10_000

function optionsOf(given: Given): FileServerOptions {
  const { values } = given
  const [cert, key] = [textOf(given, 'tls-cert'), textOf(given, 'tls-key')]
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--tls-cert and --tls-key belong together: give both or neither')
  const host = textOf(given, 'host') ?? '127.0.0.1'
  if (host === '') throw new UsageError("--host is empty: expected an address or a name, '::' or '0.0.0.0' for all of this machine's")
  return {
    host, port: wholeNumber(given, 'port', 0, PORT_MAX, PORT), hasDotFiles: values['dot-files'] === true, followsLinks: values['follow-links'] === true,
    hasListing: values['no-listing'] !== true, compresses: values['no-compression'] !== true,
    certificate: cert === undefined || key === undefined ? undefined : { cert, key },
    grace: durationOf(given, 'grace') ?? GRACE_MILLISECONDS, log: values['quiet'] === true ? undefined : values['json'] === true ? 'json' : 'combined',
  }
}

export const serve: Command = {
  name: 'serve',
  usage: ['[OPTIONS] [DIRECTORY]'],
  text: 'Serves the files of a directory over http: the current one unless another is named. It listens on this machine only unless --host is given. Names that begin with a dot are not served, and links that lead out of the directory are not followed.',
  options: [
    { name: 'port', short: 'p', value: 'PORT', text: `default ${String(PORT)}; 0: any that is free` },
    { name: 'host', value: 'HOST', text: "the address to listen on, '::' for all. Default: 127.0.0.1" },
    { name: 'dot-files', text: 'serves names that begin with a dot, too' },
    { name: 'follow-links', text: 'follows links wherever they lead' },
    { name: 'no-listing', text: 'directories without an index.html are not found' },
    { name: 'no-compression', text: 'never sends brotli or gzip' },
    { name: 'tls-cert', value: 'FILE', text: 'serves https with this certificate, as PEM' },
    { name: 'tls-key', value: 'FILE', text: 'and this key' },
    { name: 'grace', value: 'TIME', text: 'how long requests in progress may take after a stop: 500ms, 30s. Default: 10s' },
    { name: 'driver', value: 'NAME', text: 'carries it out: io-uring, linux-aio, thread-pool, node. Default: the best of this machine' },
    { name: 'json', text: 'a line of JSON for each request, instead of the combined format' },
    { name: 'quiet', short: 'q', text: 'no lines for requests' },
  ],
  more: 'Ctrl-C and SIGTERM stop it: it accepts no more connections, and requests in progress end. A second one ends it at once.\nExit codes: 0 stopped, 1 cannot serve, 2 wrong usage.',
  async run(given) {
    const options = optionsOf(given)
    const [directory = '.', ...more] = given.positionals
    if (more.length > 0) throw new UsageError(`serve takes one directory, and got ${given.positionals.map((word) => `'${word}'`).join(' ')}`)
    if (directory === '') throw new UsageError('DIRECTORY is empty: expected the name of a directory')
    useDriver(given)
    const { FileServer } = await import('./file-server.js')
    const stopping = interruption()
    try {
      const server = await FileServer.start(exactWord(directory), options)
      process.stderr.write(`serving ${printable(server.root.path.toString())} at ${server.url}\n`)
      if (!stopping.signal.aborted) await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }))
      await server.stop()
    } finally {
      stopping.stopListening()
    }
    return ExitCode.DONE
  },
}
