// Names: making, renaming, linking, removing; and asking for permission.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { access, link, mkdir, open, readlink, rename, rmdir, statx, symlink, unlink } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O, type World } from './world.js'

const RENAME_NOREPLACE = 1
const RENAME_EXCHANGE = 2
const AT_SYMLINK_FOLLOW = 0x400
const AT_SYMLINK_NOFOLLOW = 0x100

/** A fresh directory with one of everything. */
async function furnish(world: World): Promise<void> {
  await world.room()
  await world.put('file', 'file')
  await world.put('other', 'other')
  await world.putDirectory('empty')
  await world.putDirectory('full')
  await world.put('full/inside')
  await world.link('file', 'link')
  await world.link('nowhere', 'dangling')
}

const NAMES = ['file', 'other', 'empty', 'full', 'full/inside', 'link', 'dangling', 'nothing', 'nothing/below', 'file/below', 'x'.repeat(300)] as const

export function paths(subject: Subject): void {
  family('unlink, rmdir, mkdir', () => {
    behaviour(subject, 'whatever stands at the path, they end as with node:fs', ['unlink', 'rmdir', 'mkdir', 'symlink'], async (world) => {
      for (const name of NAMES) {
        await furnish(world)
        const [ours, theirs] = [world.path(name), world.twinPath(name)]
        await world.compare(mkdir(ours), () => fs.mkdirSync(theirs))
        await world.compare(rmdir(ours), () => { fs.rmdirSync(theirs) })
        await world.compare(unlink(ours), () => fs.unlinkSync(theirs))
        await world.compare(unlink(ours), () => fs.unlinkSync(theirs))
        await world.compare(mkdir(ours, { mode: 0o700 }), () => fs.mkdirSync(theirs, 0o700))
      }
    })

    behaviour(subject, 'a directory is made with the mode asked for', ['mkdir', 'real descriptors'], async (world) => {
      for (const mode of [0o777, 0o700, 0o1777]) {
        const name = `mode-${mode.toString(8)}`
        await world.compare(mkdir(world.path(name), { mode }), () => fs.mkdirSync(world.twinPath(name), mode))
        assert.equal(fs.statSync(world.path(name)).mode, fs.statSync(world.twinPath(name)).mode)
      }
    })

    behaviour(subject, 'relative to a directory by descriptor', ['kernel flags', 'mkdir', 'unlink', 'rmdir', 'real descriptors'], async (world) => {
      await world.putDirectory('base')
      const directory = await world.open('base', O.O_DIRECTORY)
      await world.io.submit(mkdir('made', { directory }))
      assert.equal((await world.io.submit(statx(world.path('base/made')))).mode & O.S_IFMT, O.S_IFDIR)
      await world.put('base/file')
      await world.io.submit(unlink('file', { directory }))
      await world.io.submit(rmdir('made', { directory }))
      await world.io.submit(rmdir(world.path('base'))) // it is empty
    })
  })

  family('rename', () => {
    for (const from of ['file', 'empty', 'full', 'link', 'nothing'] as const) {
      behaviour(subject, `of '${from}' to any name ends as with node:fs`, ['rename', 'symlink'], async (world) => {
        for (const to of ['new', 'other', 'empty', 'full', 'full/new', 'nothing/new', from] as const) {
          await furnish(world)
          await world.compare(rename(world.path(from), world.path(to)), () => fs.renameSync(world.twinPath(from), world.twinPath(to)))
          if (subject.storage === 'disk') assert.deepEqual(fs.readdirSync(world.root, { recursive: true }).sort(), fs.readdirSync(world.twin, { recursive: true }).sort())
        }
      })
    }

    behaviour(subject, 'a directory into itself is EINVAL', ['rename'], async (world) => {
      await furnish(world)
      await world.compare(rename(world.path('full'), world.path('full/deeper')), () => fs.renameSync(world.twinPath('full'), world.twinPath('full/deeper')))
    })

    behaviour(subject, 'flags: not over an existing one, and exchange', ['rename', 'kernel flags'], async (world) => {
      await furnish(world)
      await world.assertFails(rename(world.path('file'), world.path('other'), { flags: RENAME_NOREPLACE }), 'EEXIST')
      await world.io.submit(rename(world.path('file'), world.path('other'), { flags: RENAME_EXCHANGE }))
      assert.equal((await world.content('file')).toString(), 'other')
      assert.equal((await world.content('other')).toString(), 'file')
    })

    behaviour(subject, 'between two directories by descriptor', ['rename', 'kernel flags', 'real descriptors'], async (world) => {
      await furnish(world)
      const directory = await world.open('full', O.O_DIRECTORY)
      const targetDirectory = await world.open('empty', O.O_DIRECTORY)
      await world.io.submit(rename('inside', 'moved', { directory, targetDirectory }))
      await world.io.submit(statx(world.path('empty/moved')))
      await assert.rejects(world.io.submit(rename('inside', 'moved', { directory, targetDirectory })), { code: 'ENOENT', path: 'inside', dest: 'moved' })
    })
  })

  family('link, symlink, readlink', () => {
    behaviour(subject, 'link: whatever stands at either path, it ends as with node:fs', ['link', 'symlink'], async (world) => {
      for (const [from, to] of [['file', 'new'], ['file', 'other'], ['nothing', 'new'], ['full', 'new'], ['file', 'nothing/new'], ['link', 'new']] as const) {
        await furnish(world)
        await world.compare(link(world.path(from), world.path(to)), () => fs.linkSync(world.twinPath(from), world.twinPath(to)))
        if (to === 'new' && from === 'file') assert.equal((await world.content('new')).toString(), 'file')
      }
    })

    behaviour(subject, 'symlink: whatever it says and wherever it stands, it ends as with node:fs', ['symlink', 'links'], async (world) => {
      for (const [target, name] of [['file', 'new'], ['anything at all', 'new'], ['file', 'other'], ['file', 'nothing/new'], ['', 'new']] as const) {
        await furnish(world)
        await world.compare(symlink(target, world.path(name)), () => fs.symlinkSync(target, world.twinPath(name)))
        if (name === 'new' && target === 'file') assert.equal((await world.content('new')).toString(), 'file')
      }
    })

    behaviour(subject, 'readlink: whatever stands at the path, it ends as with node:fs', ['readlink', 'symlink'], async (world) => {
      await furnish(world)
      for (const name of NAMES) await world.compare(readlink(world.path(name)), () => fs.readlinkSync(world.twinPath(name)))
    })

    behaviour(subject, 'a link of 4095 bytes and one beyond ASCII are read whole', ['readlink', 'symlink', 'links'], async (world) => {
      for (const [index, target] of ['x'.repeat(4095), 'ünïcödé/日本'].entries()) {
        const name = `long-${String(index)}`
        await world.link(target, name)
        assert.equal(await world.io.submit(readlink(world.path(name))), target)
      }
    })

    behaviour(subject, 'a link is followed when linked with AT_SYMLINK_FOLLOW', ['link', 'symlink', 'kernel flags', 'real descriptors'], async (world) => {
      await furnish(world)
      await world.io.submit(link(world.path('link'), world.path('followed'), { flags: AT_SYMLINK_FOLLOW }))
      assert.equal((await world.io.submit(statx(world.path('followed'), { flags: AT_SYMLINK_NOFOLLOW }))).mode & O.S_IFMT, O.S_IFREG)
      await world.io.submit(link(world.path('link'), world.path('unfollowed')))
      assert.equal((await world.io.submit(statx(world.path('unfollowed'), { flags: AT_SYMLINK_NOFOLLOW }))).mode & O.S_IFMT, O.S_IFLNK)
    })

    behaviour(subject, 'relative to directories by descriptor', ['link', 'symlink', 'readlink', 'kernel flags'], async (world) => {
      await furnish(world)
      const directory = await world.open('full', O.O_DIRECTORY)
      const targetDirectory = await world.open('empty', O.O_DIRECTORY)
      await world.io.submit(link('inside', 'linked', { directory, targetDirectory }))
      await world.io.submit(symlink('linked', 'sym', { targetDirectory }))
      assert.equal(await world.io.submit(readlink('sym', { directory: targetDirectory })), 'linked')
    })
  })

  family('access', () => {
    behaviour(subject, 'whatever stands at the path, it is as with node:fs', ['access', 'symlink'], async (world) => {
      await furnish(world)
      for (const name of NAMES) {
        for (const mode of [O.F_OK, O.R_OK, O.W_OK, O.X_OK, O.R_OK | O.W_OK | O.X_OK]) {
          await world.compare(access(world.path(name), mode), () => fs.accessSync(world.twinPath(name), mode))
        }
      }
    })
  })

  family('paths as URL and bytes', () => {
    behaviour(subject, 'serve every operation on paths', ['mkdir', 'rename', 'rmdir'], async (world) => {
      const bytes = (name: string): Buffer => Buffer.from(world.path(name))
      await world.io.submit(mkdir(bytes('made')))
      await world.io.submit(rename(new URL(`file://${world.path('made')}`), bytes('moved')))
      await world.io.submit(rmdir(bytes('moved')))
      await assert.rejects(world.io.submit(rmdir(bytes('moved'))), { code: 'ENOENT', path: world.path('moved') })
      await assert.rejects(world.io.submit(open(bytes('moved'))), { message: `ENOENT: no such file or directory, open '${world.path('moved')}'` })
    })
  })
}
