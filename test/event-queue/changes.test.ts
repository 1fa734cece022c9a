// Changes in the file system as sources.
import assert from 'node:assert/strict'
import { appendFileSync, closeSync, linkSync, mkdirSync, openSync, renameSync, rmSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { EventQueue, FileChange } from 'trueaio/event-queue'
import { WatchEvent } from 'trueaio/event-queue'
import { parseRecords } from '#src/event-queue/file-change.js'
import { test } from 'node:test'
import { cookies, next, onEveryDriver, type Room } from './subjects.js'

const { IN_CREATE, IN_DELETE, IN_IGNORED, IN_ISDIR, IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO, IN_ONLYDIR, IN_Q_OVERFLOW } = WatchEvent
const NEEDS = ['call', 'poll', 'real descriptors'] as const
const CHANGES_MAX = 4096

function directory({ world }: Room, name = 'watched'): string {
  const path = world.path(name)
  mkdirSync(path, { recursive: true })
  return path
}

/** Changes until one satisfies. */
async function changesUntil(queue: EventQueue<string>, last: (change: FileChange) => boolean): Promise<FileChange[]> {
  const seen: FileChange[] = []
  while (!seen.some(last)) {
    const event = await next(queue)
    assert.equal(event.kind, 'change')
    assert.equal(event.error, undefined)
    seen.push(...event.result as readonly FileChange[])
  }
  return seen
}

onEveryDriver('changes', (it) => {
  it('in a directory: what is made, written, renamed and removed, by name', NEEDS, async (room) => {
    const { queue } = room
    const path = directory(room)
    const source = await queue.watchPath(path, 'directory')
    writeFileSync(join(path, 'a'), 'x')
    mkdirSync(join(path, 'sub'))
    renameSync(join(path, 'a'), join(path, 'ä'))
    unlinkSync(join(path, 'ä'))
    const changes = await changesUntil(queue, ({ mask }) => mask === IN_DELETE)
    assert.deepEqual(changes.map(({ mask, name }) => [mask, name]), [
      [IN_CREATE, 'a'], [IN_MODIFY, 'a'], [IN_CREATE | IN_ISDIR, 'sub'], [IN_MOVED_FROM, 'a'], [IN_MOVED_TO, 'ä'], [IN_DELETE, 'ä'],
    ])
    const [from, to] = [changes[3], changes[4]]
    assert.ok(from !== undefined && from.pairing !== 0 && from.pairing === to?.pairing)
    assert.equal(changes[0]?.pairing, 0)
    assert.equal(source.remove(), true)
    writeFileSync(join(path, 'b'), '')
    queue.timer(5, 'later')
    assert.equal((await next(queue)).cookie, 'later')
  })

  it('of a file, until it is gone: the last event says so', NEEDS, async (room) => {
    const { queue } = room
    const path = join(directory(room), 'file')
    writeFileSync(path, '')
    const source = await queue.watchPath(pathToFileURL(path), 'file')
    appendFileSync(path, 'x')
    const [change] = await changesUntil(queue, ({ mask }) => mask === IN_MODIFY)
    assert.equal(change?.name, undefined)
    unlinkSync(path)
    for (;;) {
      const event = await next(queue)
      if (event.more) continue
      assert.equal((event.result as readonly FileChange[]).at(-1)?.mask, IN_IGNORED)
      break
    }
    assert.deepEqual([source.live, source.remove(), queue.sources], [false, false, 0])
  })

  it('for several sources of one file, each with its own mask; one removed, the others go on', NEEDS, async (room) => {
    const { queue } = room
    const path = directory(room)
    const created = await queue.watchPath(path, 'created', { mask: IN_CREATE })
    await queue.watchPath(Buffer.from(path), 'deleted', { mask: IN_DELETE | IN_ONLYDIR })
    writeFileSync(join(path, 'a'), 'x')
    assert.equal((await next(queue)).cookie, 'created')
    created.remove()
    writeFileSync(join(path, 'b'), 'x')
    unlinkSync(join(path, 'b'))
    const event = await next(queue)
    assert.deepEqual([event.cookie, (event.result as readonly FileChange[]).map(({ name }) => name)], ['deleted', ['b']])
  })

  it('removed and watched again at once, many times: told', NEEDS, async (room) => {
    const { queue } = room
    const path = directory(room)
    let source = await queue.watchPath(path, 'first')
    for (let round = 0; round < 30; round++) {
      const watching = queue.watchPath(path, String(round), { mask: IN_CREATE })
      // Before and after the call to watch has been submitted, and before its end is told.
      for (let step = 0; step < round % 10; step++) await Promise.resolve()
      source.remove()
      source = await watching
    }
    await queue.watchPath(directory(room, 'other'), 'other') // calls are made in order: what was to be unwatched is
    writeFileSync(join(path, 'a'), '')
    const event = await next(queue)
    assert.deepEqual([event.cookie, event.count, source.live], ['29', 1, true])
  })

  it('a source changes what it wants', NEEDS, async (room) => {
    const { queue } = room
    const path = directory(room)
    const source = await queue.watchPath(path, 'directory', { mask: IN_DELETE })
    assert.equal(await source.modify(IN_CREATE), true)
    writeFileSync(join(path, 'a'), '')
    unlinkSync(join(path, 'a'))
    writeFileSync(join(path, 'b'), '')
    const changes = await changesUntil(queue, ({ name }) => name === 'b')
    assert.deepEqual(changes.map(({ mask }) => mask), [IN_CREATE, IN_CREATE])
    source.remove()
    assert.equal(await source.modify(IN_CREATE), false)
  })

  it('once; and disabled, with what happened meanwhile', NEEDS, async (room) => {
    const { queue } = room
    const path = directory(room)
    const once = await queue.watchPath(path, 'once', { once: true, mask: IN_CREATE })
    const held = await queue.watchPath(path, 'held', { mask: IN_CREATE })
    held.disable()
    writeFileSync(join(path, 'a'), '')
    const event = await next(queue)
    assert.deepEqual([event.cookie, event.more, once.live], ['once', false, false])
    await queue.watchPath(path, 'other', { mask: IN_CREATE })
    writeFileSync(join(path, 'b'), '')
    const others = await next(queue) // and so the system has told of it
    assert.deepEqual([others.cookie, (others.result as readonly FileChange[]).map(({ name }) => name)], ['other', ['b']])
    held.enable()
    const { count, result } = await next(queue)
    assert.deepEqual([count, (result as readonly FileChange[]).map(({ name }) => name)], [2, ['a', 'b']])
  })

  it('unread, they are kept up to a bound, and then told to have been lost', NEEDS, async (room) => {
    const { queue } = room
    const path = directory(room)
    await queue.watchPath(path, 'directory', { mask: IN_CREATE })
    const seed = join(path, 'seed')
    writeFileSync(seed, '')
    for (let index = 0; index < CHANGES_MAX + 100; index++) {
      linkSync(seed, join(path, String(index)))
      if (index % 64 === 0) await loopTurn()
    }
    await queue.watchPath(path, 'more', { mask: IN_DELETE })
    unlinkSync(seed)
    while (queue.ready < 2) await loopTurn()
    const [event] = await queue.getEvents()
    const changes = event?.result as readonly FileChange[]
    assert.deepEqual([event?.cookie, event?.count, changes.length, changes.at(-1)?.mask], ['directory', CHANGES_MAX + 101, CHANGES_MAX + 1, IN_Q_OVERFLOW])
  })

  it('lost by the system: told to every source', NEEDS, async (room) => {
    const { queue } = room
    const [path, other] = [directory(room), directory(room, 'other')]
    const file = join(path, 'file')
    writeFileSync(file, '')
    await queue.watchPath(path, 'busy', { mask: IN_MODIFY })
    await queue.watchPath(other, 'quiet', { mask: IN_CREATE })
    // The system joins equal changes that follow each other, so two files take turns.
    const fds = [openSync(file, 'w'), openSync(join(path, 'file2'), 'w')]
    for (let index = 0; index < 20_000; index++) writeSync(fds[index % 2] as number, 'x', 0)
    for (const fd of fds) closeSync(fd)
    const told = new Set<string>()
    while (told.size < 2) {
      const event = await next(queue)
      if ((event.result as readonly FileChange[]).some(({ mask }) => mask === IN_Q_OVERFLOW)) told.add(event.cookie)
    }
    assert.deepEqual([...told].sort(), ['busy', 'quiet'])
  })

  it('blocking', NEEDS, async (room) => {
    const { queue } = room
    const path = directory(room)
    await queue.watchPath(path, 'directory')
    writeFileSync(join(path, 'a'), '')
    assert.deepEqual(cookies(queue.getEventsSync({ timeout: 10_000 })), ['directory'])
    rmSync(join(path, 'a'))
    assert.deepEqual(cookies(queue.getEventsSync({ timeout: 10_000 })), ['directory'])
  })

  it('of what is not there, or not a directory: the error names call and path', NEEDS, async (room) => {
    const { queue, world } = room
    await assert.rejects(queue.watchPath(world.path('missing'), 'x'), { code: 'ENOENT', syscall: 'inotify_add_watch', path: world.path('missing') })
    writeFileSync(world.path('file'), '')
    await assert.rejects(queue.watchPath(world.path('file'), 'x', { mask: IN_CREATE | IN_ONLYDIR }), { code: 'ENOTDIR' })
    assert.equal(queue.sources, 0)
  })

  it('nothing to watch keeps nothing in flight; a queue closed while it begins to watch', NEEDS, async (room) => {
    const { anotherQueue, io, queue } = room
    const path = directory(room)
    const source = await queue.watchPath(path, 'directory')
    source.remove()
    const closing = anotherQueue()
    const refused = assert.rejects(closing.watchPath(path, 'late'), { code: 'ERR_TRUEAIO_CLOSED' })
    await closing.close()
    await refused
    for (let turn = 0; turn < 100_000 && io.statistics.inFlight > 0; turn++) await loopTurn()
    assert.equal(io.statistics.inFlight, 0)
  })

  it('closed after its proactor, the queue still gives its descriptor back', NEEDS, async (room) => {
    const { anotherQueue, world } = room
    const io = world.proactor()
    const queue = anotherQueue({ proactor: io })
    await queue.watchPath(directory(room), 'directory')
    await io.close()
    assert.equal(((await next(queue)).error as NodeJS.ErrnoException).code, 'ERR_TRUEAIO_CLOSED')
    await queue.close()
  })
})

test('records as the system writes them', () => {
  const buffer = Buffer.alloc(80)
  buffer.writeInt32LE(1, 0)
  buffer.writeUInt32LE(IN_CREATE, 4)
  buffer.writeUInt32LE(16, 12)
  buffer.write('a name\0\0', 16)
  buffer.writeInt32LE(-1, 32)
  buffer.writeUInt32LE(IN_Q_OVERFLOW, 36)
  buffer.writeInt32LE(2, 48)
  buffer.writeUInt32LE((IN_MOVED_TO | IN_ISDIR) >>> 0, 52)
  buffer.writeUInt32LE(0xfffffff0, 56)
  const records = parseRecords(buffer, 64)
  assert.deepEqual(records.map(({ watch, change: { mask, name, pairing } }) => [watch, mask, name, pairing]), [
    [1, IN_CREATE, 'a name', 0], [-1, IN_Q_OVERFLOW, undefined, 0], [2, IN_MOVED_TO | IN_ISDIR, undefined, 0xfffffff0],
  ])
  assert.deepEqual(parseRecords(buffer, 0), [])
})
