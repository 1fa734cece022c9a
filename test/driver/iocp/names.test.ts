// Names as Windows has them: whatever way a path is written, the driver finds, makes and refuses what node:fs does.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { basename, join, parse, resolve } from 'node:path'
import { test } from 'node:test'
import { close, mkdir, open, readlink, rename, rmdir, statx, symlink, unlink, write, type Proactor } from 'trueaio'
import { inFolder, makeProactor, skip } from './subject.js'

const { O_CREAT, O_EXCL, O_RDWR } = fs.constants

async function withNames(body: (io: Proactor, folder: string) => Promise<void>): Promise<void> {
  const io = makeProactor()
  try {
    await inFolder((folder) => body(io, folder))
  } finally {
    await io.close()
  }
}

async function sizeOrCode(asking: () => Promise<{ readonly size: number }>): Promise<string> {
  try {
    return `${String((await asking()).size)} bytes`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

/** Both look the same path up. */
async function sameFor(io: Proactor, path: string | Buffer): Promise<string> {
  const ours = await sizeOrCode(() => io.submit(statx(path)))
  assert.equal(ours, await sizeOrCode(() => fs.promises.stat(path)), `of ${JSON.stringify(String(path))}`)
  return ours
}

test('one file by many spellings', { skip }, async () => {
  await withNames(async (io, folder) => {
    const path = join(folder, 'Some File.TXT')
    fs.writeFileSync(path, 'content')
    const { root } = parse(path)
    const drive = root.slice(0, 2)
    const spellings: (string | Buffer)[] = [
      path, path.toUpperCase(), path.toLowerCase(), path.replaceAll('\\', '/'), path.replace('\\', '/'), `\\\\?\\${path}`, `\\\\.\\${path}`, Buffer.from(path),
      path.slice(drive.length), join(folder, '..', basename(folder), '.', 'Some File.TXT'), `${folder}\\\\Some File.TXT`, `${path}.`, `${path} `,
    ]
    for (const spelling of spellings) await sameFor(io, spelling)
    assert.equal(await sameFor(io, path.toUpperCase()), '7 bytes')
    assert.equal(await sameFor(io, path.replaceAll('\\', '/')), '7 bytes')
    const before = process.cwd()
    process.chdir(folder)
    try {
      for (const relative of ['some file.txt', '.\\Some File.TXT', './Some File.TXT', `${drive}Some File.TXT`, `${drive}.`, '..', '.']) await sameFor(io, relative)
      assert.equal(await sameFor(io, `${drive}some file.txt`), '7 bytes')
    } finally {
      process.chdir(before)
    }
  })
})

test('drives, shares, devices and what no name is', { skip }, async () => {
  await withNames(async (io, folder) => {
    const { root } = parse(folder)
    const drive = root.slice(0, 1)
    const odd = [
      root, root.slice(0, 2), root.replace('\\', '/'), `\\\\localhost\\${drive}$`, `//localhost/${drive}$/`, `\\\\?\\UNC\\localhost\\${drive}$`, '\\\\absent.invalid\\share\\file', '\\\\?\\', '\\\\.\\', '?:\\file', 'NUL', 'nul',
      'NUL.txt', 'COM9', 'LPT9', 'PRN', join(folder, 'NUL'), join(folder, 'aux'), join(folder, 'con.txt'), join(folder, 'a|b'), join(folder, 'a?b'), join(folder, 'file:stream'), join(folder, '"'), '*', ' ', '...',
      `${drive}:relative`, `${folder}\\file\\`,
    ]
    for (const path of odd) await sameFor(io, path)
    const nul = await io.submit(open('\\\\.\\NUL', { flags: O_RDWR }))
    assert.equal(await io.submit(write(nul, Buffer.from('gone'))), 4)
    await io.submit(close(nul))
  })
})

test('paths beyond 260 characters, and one name beyond 255', { skip }, async () => {
  await withNames(async (io, folder) => {
    let path = folder
    for (let depth = 0; depth < 12; depth++) {
      path = join(path, 'a directory with a long name of forty ch')
      await io.submit(mkdir(path))
    }
    assert.ok(path.length > 500)
    const file = join(path, 'file')
    const fd = await io.submit(open(file, { flags: O_CREAT | O_EXCL | O_RDWR, mode: 0o666 }))
    await io.submit(write(fd, Buffer.from('deep'), 0))
    await io.submit(close(fd))
    assert.equal(fs.readFileSync(file, 'utf8'), 'deep')
    for (const spelling of [file, file.replaceAll('\\', '/'), `\\\\?\\${file}`, file.toUpperCase()]) assert.equal(await sameFor(io, spelling), '4 bytes')
    await io.submit(rename(file, `${file}-renamed`))
    await io.submit(unlink(`${file}-renamed`))
    await assert.rejects(io.submit(statx(file)), { code: 'ENOENT', path: file })
    assert.match(await sameFor(io, join(folder, 'x'.repeat(256))), /^E/)
    while (path !== folder) {
      await io.submit(rmdir(path))
      path = resolve(path, '..')
    }
  })
})

test('names of any characters, a lone surrogate among them', { skip }, async () => {
  await withNames(async (io, folder) => {
    for (const name of ['ä ö ü ß', '日本語', 'emoji 😀', 'combining e\u0301', 'lone \ud800 surrogate', '.hidden', 'a.b.c.d', '%20', '#&=+']) {
      const path = join(folder, name)
      const fd = await io.submit(open(path, { flags: O_CREAT | O_EXCL | O_RDWR, mode: 0o666 }))
      await io.submit(close(fd))
      assert.equal(await sameFor(io, path), '0 bytes')
      const [made] = fs.readdirSync(folder, { encoding: 'buffer' })
      assert.equal(await sameFor(io, Buffer.concat([Buffer.from(`${folder}\\`), made as Buffer])), '0 bytes')
      fs.unlinkSync(path)
      assert.deepEqual(fs.readdirSync(folder), [])
    }
  })
})

test('directories are opened, looked at and closed as node:fs does it', { skip }, async () => {
  await withNames(async (io, folder) => {
    fs.mkdirSync(join(folder, 'directory'))
    const path = join(folder, 'directory')
    const ours = await io.submit(open(path)).then((fd) => fd, (error: unknown) => String((error as NodeJS.ErrnoException).code))
    const nodes = await fs.promises.open(path).then((handle) => handle, (error: unknown) => String((error as NodeJS.ErrnoException).code))
    assert.equal(typeof ours, typeof nodes === 'string' ? 'string' : 'number')
    if (typeof ours === 'number') await io.submit(close(ours))
    if (typeof nodes !== 'string') await nodes.close()
    for (const spelling of [path, `${path}\\`, `${path}/`, `${path}\\.`, `${path}\\..`]) await sameFor(io, spelling)
  })
})

test('links: symbolic ones where they may be made, and junctions', { skip }, async () => {
  await withNames(async (io, folder) => {
    fs.mkdirSync(join(folder, 'target'))
    fs.writeFileSync(join(folder, 'target', 'file'), 'content')
    const ends: Record<string, string> = {}
    for (const [name, make] of [
      ['nodes', () => fs.promises.symlink(join(folder, 'target'), join(folder, 'nodes'))],
      ['ours', () => io.submit(symlink(join(folder, 'target'), join(folder, 'ours')))],
    ] as const) ends[name] = await make().then(() => 'made', (error: unknown) => String((error as NodeJS.ErrnoException).code))
    assert.equal(ends['ours'], ends['nodes'])
    const junction = join(folder, 'junction')
    const made = await fs.promises.symlink(join(folder, 'target'), junction, 'junction').then(() => true, () => false)
    for (const name of [...(ends['ours'] === 'made' ? ['ours', 'nodes'] : []), ...(made ? ['junction'] : [])]) {
      const path = join(folder, name)
      await sameFor(io, join(path, 'file')) // Wine makes junctions, and does not follow them
      const code = (error: unknown): string => String((error as NodeJS.ErrnoException).code)
      assert.equal(await io.submit(readlink(path)).catch(code), await fs.promises.readlink(path).catch(code))
    }
    for (const name of fs.readdirSync(folder)) if (name !== 'target') fs.rmSync(join(folder, name), { recursive: true })
  })
})
