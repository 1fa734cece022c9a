// Extended attributes. node:fs has none, so the oracle is the other half of the family: what was set is got and listed.
import assert from 'node:assert/strict'
import { getxattr, listxattr, removexattr, setxattr, type XattrTarget } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O, type World } from './world.js'

const XATTR_CREATE = 1
const XATTR_REPLACE = 2
const NONE = Buffer.alloc(0)

type Open = (world: World) => Promise<XattrTarget>
const byPath: Open = (world) => Promise.resolve(world.path('file'))
const byDescriptor: Open = async (world) => ({ fd: await world.open('file', O.O_RDWR) })

export function extendedAttributes(subject: Subject): void {
  for (const [how, target, prefix] of [['by path', byPath, ''], ['by descriptor', byDescriptor, 'f']] as const) {
    family(`extended attributes ${how}`, () => {
      behaviour(subject, 'what is set is got', [`${prefix}setxattr`, `${prefix}getxattr`], async (world) => {
        await world.put('file')
        const file = await target(world)
        const value = Buffer.from('välue\0with a NUL')
        assert.equal(await world.io.submit(setxattr(file, 'user.tëst', value)), undefined)
        assert.equal(await world.io.submit(getxattr(file, 'user.tëst', NONE)), value.length)
        const into = Buffer.alloc(64)
        assert.equal(await world.io.submit(getxattr(file, 'user.tëst', into)), value.length)
        assert.deepEqual(into.subarray(0, value.length), value)
        await world.io.submit(setxattr(file, 'user.empty', NONE))
        assert.equal(await world.io.submit(getxattr(file, 'user.empty', into)), 0)
      })

      behaviour(subject, 'errors: too small, not there, already there, not supported', [`${prefix}setxattr`, `${prefix}getxattr`], async (world) => {
        await world.put('file')
        const file = await target(world)
        await world.io.submit(setxattr(file, 'user.one', Buffer.from('12345678')))
        await world.assertFails(getxattr(file, 'user.one', Buffer.alloc(4)), 'ERANGE')
        await world.assertFails(getxattr(file, 'user.two', Buffer.alloc(4)), 'ENODATA')
        await world.assertFails(setxattr(file, 'user.one', NONE, XATTR_CREATE), 'EEXIST')
        await world.assertFails(setxattr(file, 'user.two', NONE, XATTR_REPLACE), 'ENODATA')
        await world.assertFails(setxattr(file, 'nonsense.two', NONE), 'ENOTSUP')
        await world.assertFails(setxattr(file, `user.${'x'.repeat(300)}`, NONE), 'ERANGE')
      })

      behaviour(subject, 'names are listed and removed', [`${prefix}setxattr`, `${prefix}listxattr`, `${prefix}removexattr`], async (world) => {
        await world.put('file')
        const file = await target(world)
        for (const name of ['user.b', 'user.a', 'user.c']) await world.io.submit(setxattr(file, name, Buffer.from('1')))
        const names = async (): Promise<string[]> => {
          const buffer = Buffer.alloc(await world.io.submit(listxattr(file, NONE)))
          const bytes = await world.io.submit(listxattr(file, buffer))
          return buffer.toString('latin1', 0, bytes).split('\0').filter((name) => name.startsWith('user.')).sort()
        }
        assert.deepEqual(await names(), ['user.a', 'user.b', 'user.c'])
        assert.equal(await world.io.submit(removexattr(file, 'user.b')), undefined)
        assert.deepEqual(await names(), ['user.a', 'user.c'])
        await world.assertFails(removexattr(file, 'user.b'), 'ENODATA')
        await world.assertFails(listxattr(file, Buffer.alloc(1)), 'ERANGE')
      })
    })
  }

  family('extended attributes of what is not there', () => {
    behaviour(subject, 'name the path', ['setxattr', 'getxattr'], async (world) => {
      await assert.rejects(world.io.submit(getxattr(world.path('nothing'), 'user.a', NONE)), {
        code: 'ENOENT', syscall: 'getxattr', path: world.path('nothing'), message: `ENOENT: no such file or directory, getxattr '${world.path('nothing')}'`,
      })
      await world.assertFails(setxattr(world.path('nothing'), 'user.a', NONE), 'ENOENT')
    })
  })
}
