// Opening and closing.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { pathToFileURL } from 'node:url'
import { close, open, read, write, type OpenOptions } from 'trueaio'
import { outcomeOf, outcomeOfSync } from './outcome.js'
import type { Subject } from './subject.js'
import { behaviour, family, O, type World } from './world.js'

const BAD_FD = 987_654
const RESOLVE_NO_SYMLINKS = 0x4
const RESOLVE_BENEATH = 0x8

const OPENINGS = [
  ['nothing', O.O_RDONLY], ['nothing/below', O.O_RDONLY], ['file/below', O.O_RDONLY], ['', O.O_RDWR], ['directory', O.O_WRONLY],
  ['file', O.O_CREAT | O.O_EXCL | O.O_RDWR], ['file', O.O_DIRECTORY], ['directory', O.O_DIRECTORY],
  ['link', O.O_NOFOLLOW], ['link', O.O_RDONLY], ['loop', O.O_RDONLY], ['dangling', O.O_RDONLY], ['dangling', O.O_CREAT | O.O_WRONLY],
  ['x'.repeat(256), O.O_RDONLY], ['new', O.O_CREAT | O.O_WRONLY], ['new', O.O_CREAT | O.O_EXCL],
] as const

/** Opens on both sides: the same error, or both open. */
async function opensAlike(world: World, name: string, flags: number, mode = 0o644): Promise<void> {
  const ours = await outcomeOf(world.io.submit(open(world.path(name), { flags, mode })), world.root)
  const theirs = outcomeOfSync(() => fs.openSync(world.twinPath(name), flags, mode), world.twin)
  if ('value' in ours) await world.io.submit(close(ours.value as number))
  if ('value' in theirs) fs.closeSync(theirs.value as number)
  const neutral = (outcome: typeof ours): unknown => ('value' in outcome ? 'opened' : outcome)
  assert.deepEqual(neutral(ours), neutral(theirs))
}

export function opening(subject: Subject): void {
  family('open and close', () => {
    behaviour(subject, 'of a FIFO to write waits for its reader', ['real descriptors', 'fifos'], async (world) => {
      const path = world.silentFifo()
      const opened = world.io.submit(open(path, { flags: O.O_WRONLY }))
      const reader = spawn('sh', ['-c', 'sleep 0.1; cat "$0"', path], { stdio: ['ignore', 'pipe', 'inherit'] })
      reader.stdout.setEncoding('latin1')
      const fd = await opened
      assert.equal(await world.io.submit(write(fd, Buffer.from('hello'))), 5)
      await world.io.submit(close(fd))
      assert.deepEqual(await once(reader.stdout, 'data'), ['hello'])
      await assert.rejects(async () => {
        while (true) await world.io.submit(close(await world.io.submit(open(path, { flags: O.O_WRONLY | O.O_NONBLOCK })))) // until `cat` has ended
      }, { code: 'ENXIO' })
    })

    behaviour(subject, 'a descriptor reads what the file holds and is closed once', [], async (world) => {
      await world.put('file', 'hello')
      const fd = await world.io.submit(open(world.path('file')))
      const buffer = Buffer.alloc(8)
      assert.equal(await world.io.submit(read(fd, buffer, 0)), 5)
      assert.equal(buffer.toString('latin1', 0, 5), 'hello')
      assert.equal(await world.io.submit(close(fd)), undefined)
      await world.compare(close(fd), () => fs.closeSync(BAD_FD))
    })

    behaviour(subject, 'whatever stands at the path and whatever the flags, it ends as with node:fs', ['symlink'], async (world) => {
      for (const [name, flags] of OPENINGS) {
        await world.room()
        await world.put('file', 'x')
        await world.putDirectory('directory')
        await world.link('file', 'link')
        await world.link('loop', 'loop')
        await world.link('nowhere', 'dangling')
        await opensAlike(world, name, flags)
      }
    })

    behaviour(subject, 'a path of 4096 bytes and more is ENAMETOOLONG', ['posix names'], async (world) => {
      for (const length of [4095, 4096, 5000, 100_000]) {
        const long = `/${'a/'.repeat(length / 2)}`.slice(0, length)
        await world.compare(open(long), () => fs.openSync(long, 'r'))
      }
      await world.assertFails(open('/'.repeat(4096)), 'ENAMETOOLONG')
      await world.assertFails(open('é'.repeat(2048)), 'ENAMETOOLONG')
    })

    behaviour(subject, 'an empty path is ENOENT', [], async (world) => {
      await world.assertFails(open(''), 'ENOENT')
    })

    behaviour(subject, 'paths may be text beyond ASCII, bytes that are not UTF-8, and file URLs', ['posix names'], async (world) => {
      for (const name of ['naïve', '日本語', 'emoji 🎉 space', 'percent%20', 'with\nnewline']) {
        await world.put(name, name)
        for (const path of [world.path(name), Buffer.from(world.path(name)), new Uint8Array(Buffer.from(world.path(name))), pathToFileURL(world.path(name))]) {
          const fd = await world.io.submit(open(path))
          const buffer = Buffer.alloc(64)
          const bytes = await world.io.submit(read(fd, buffer, 0))
          await world.io.submit(close(fd))
          assert.equal(buffer.toString('utf8', 0, bytes), name)
        }
      }
      const odd = Buffer.concat([Buffer.from(`${world.root}/`), Buffer.from([0xff, 0xfe, 0x80])])
      const fd = await world.io.submit(open(odd, { flags: O.O_CREAT | O.O_WRONLY }))
      await world.io.submit(close(fd))
      await world.io.submit(close(await world.io.submit(open(odd))))
    })

    behaviour(subject, 'O_TRUNC empties, O_APPEND writes at the end wherever the offset points', [], async (world) => {
      await world.put('cut', 'old content')
      await world.openBoth('cut', O.O_WRONLY | O.O_TRUNC)
      await world.assertSameContent('cut')
      await world.put('log', 'one\n')
      const { ours, theirs } = await world.openBoth('log', O.O_WRONLY | O.O_APPEND)
      await world.compare(write(ours, Buffer.from('two\n')), () => fs.writeSync(theirs, Buffer.from('two\n')))
      await world.compare(write(ours, Buffer.from('three\n'), 0), () => fs.writeSync(theirs, Buffer.from('three\n'), 0, 6, 0))
      await world.assertSameContent('log')
      assert.equal((await world.content('log')).toString(), 'one\ntwo\nthree\n')
    })

    behaviour(subject, 'a created file has the mode asked for, less the umask', ['real descriptors', 'posix modes'], async (world) => {
      const umask = process.umask(0o027)
      try {
        for (const mode of [0o666, 0o777, 0o600, 0o000]) {
          const name = `mode-${mode.toString(8)}`
          await world.openBoth(name, O.O_CREAT | O.O_WRONLY, mode)
          assert.equal(fs.statSync(world.path(name)).mode, fs.statSync(world.twinPath(name)).mode)
        }
        await world.io.submit(close(await world.io.submit(open(world.path('default'), { flags: O.O_CREAT | O.O_WRONLY }))))
        assert.equal(fs.statSync(world.path('default')).mode & 0o777, 0o640)
      } finally {
        process.umask(umask)
      }
    })

    behaviour(subject, 'descriptors are closed in programs that are started', ['real descriptors', 'unix'], async (world) => {
      await world.put('file')
      const fd = await world.open('file')
      assert.match(fs.readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1'), /^flags:\s+0?2\d{6}$/m) // O_CLOEXEC is 0o2000000
    })

    behaviour(subject, 'a relative path starts at the directory given', ['kernel flags'], async (world) => {
      await world.putDirectory('deep')
      await world.put('deep/file', 'found')
      const directory = await world.open('deep', O.O_DIRECTORY)
      for (const options of [{ directory }, { directory: { fd: directory } }] satisfies OpenOptions[]) {
        const fd = await world.io.submit(open('file', options))
        const buffer = Buffer.alloc(5)
        await world.io.submit(read(fd, buffer))
        await world.io.submit(close(fd))
        assert.equal(buffer.toString(), 'found')
      }
      await world.assertFails(open('file', { directory: BAD_FD }), 'EBADF')
    })

    behaviour(subject, 'resolve flags keep a path inside its directory', ['kernel flags', 'symlink'], async (world) => {
      await world.putDirectory('jail')
      await world.put('jail/file', 'in')
      await world.put('outside', 'out')
      await world.link('file', 'jail/inner')
      const directory = await world.open('jail', O.O_DIRECTORY)
      await world.io.submit(close(await world.io.submit(open('file', { directory, resolve: RESOLVE_BENEATH }))))
      await world.io.submit(close(await world.io.submit(open('made', { directory, resolve: RESOLVE_BENEATH, flags: O.O_CREAT | O.O_WRONLY, mode: 0o600 }))))
      await world.assertFails(open('../outside', { directory, resolve: RESOLVE_BENEATH }), 'EXDEV')
      await world.assertFails(open(world.path('outside'), { directory, resolve: RESOLVE_BENEATH }), 'EXDEV')
      await world.assertFails(open('inner', { directory, resolve: RESOLVE_NO_SYMLINKS }), 'ELOOP')
    })

    behaviour(subject, 'many descriptors at once are all different', [], async (world) => {
      await world.put('file')
      const opened = await Promise.all(Array.from({ length: 200 }, () => world.io.submit(open(world.path('file')))))
      assert.equal(new Set(opened).size, 200)
      await Promise.all(opened.map((fd) => world.io.submit(close(fd))))
    })
  })
}
