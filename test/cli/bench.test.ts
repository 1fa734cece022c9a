// `trueaio bench`: reads what fio reads, reports as fio reports, finds what was corrupted, leaves nothing behind when it is stopped.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { command, inFolder, run } from './command.js'

interface Direction {
  readonly total_ios: number
  readonly io_bytes: number
  readonly runtime: number
}

interface Report {
  readonly jobs: readonly { readonly jobname: string, readonly error: number, readonly job_runtime: number, readonly groupid: number, readonly read: Direction, readonly write: Direction, readonly sync: { readonly total_ios: number } }[]
}

function report(words: readonly string[], folder: string, environment: NodeJS.ProcessEnv = {}): Report {
  const { status, stdout, stderr } = run(['bench', '--output-format=json', ...words], folder, environment)
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as Report
}

/** Runs a job file. */
function runFile(text: string, folder: string, words: readonly string[] = []): ReturnType<typeof run> {
  writeFileSync(join(folder, 'jobs.fio'), text)
  return run(['bench', ...words, 'jobs.fio'], folder)
}

const ENGINES = ['trueaio', 'io_uring', 'libaio', 'posixaio', 'thread-pool', 'node-driver', 'node', 'sync', 'psync', 'pvsync', 'null', 'simulated', 'windowsaio']

describe('trueaio bench', () => {
  for (const engine of ENGINES) {
    test(`engine ${engine} carries out what a job asks for`, () => inFolder((folder) => {
      const { jobs: [job] } = report(['--name=a', `--ioengine=${engine}`, '--rw=randrw', '--rwmixread=25', '--bs=4k', '--size=1m', '--iodepth=8', '--fsync=16'], folder)
      assert.equal(job?.error, 0)
      assert.equal((job?.read.total_ios ?? 0) + (job?.write.total_ios ?? 0), 256)
      assert.equal((job?.read.io_bytes ?? 0) + (job?.write.io_bytes ?? 0), 1 << 20)
      assert.ok((job?.write.total_ios ?? 0) > 150)
      assert.equal(job?.sync.total_ios, Math.floor((job?.write.total_ios ?? 0) / 16))
    }))
  }

  test('without the addon', () => inFolder((folder) => {
    const { jobs: [job] } = report(['--name=a', '--ioengine=trueaio', '--rw=write', '--verify=md5', '--bs=4k', '--size=256k', '--iodepth=4'], folder, { TRUEAIO_ADDON: 'off' })
    assert.equal(job?.write.total_ios, 64)
    assert.equal(job.read.total_ios, 64)
  }))

  for (const verify of ['md5', 'crc32c', 'crc32', 'sha1', 'sha256', 'sha512', 'pattern']) {
    test(`verify=${verify} finds one changed byte`, () => inFolder((folder) => {
      const words = ['bench', '--name=v', '--bs=4k', '--size=128k', `--verify=${verify}`, '--verify_pattern=0xdeadbeef', '--filename=f', '--ioengine=trueaio', '--iodepth=4']
      const written = run([...words, '--rw=randwrite'], folder)
      assert.equal(written.status, 0, written.stderr)
      assert.equal(run([...words, '--rw=read'], folder).status, 0)
      const fd = openSync(join(folder, 'f'), 'r+')
      const [before] = readFileSync(join(folder, 'f')).subarray(9000, 9001)
      writeSync(fd, Uint8Array.of((before ?? 0) ^ 1), 0, 1, 9000)
      closeSync(fd)
      const found = run([...words, '--rw=read'], folder)
      assert.equal(found.status, 1)
      assert.match(found.stderr, /verify failed at file f offset 8192, length 4096/)
    }))
  }

  test('each block of a pass once, with and without sizes that differ', () => inFolder((folder) => {
    for (const size of ['--bs=4k', '--bsrange=4k-16k', '--bssplit=4k/50:8k/25:12k/']) {
      const { jobs: [job] } = report(['--name=a', '--rw=randwrite', size, '--size=4m', '--verify=crc32c', '--filename=f'], folder)
      assert.equal(job?.write.io_bytes, 4 << 20, size)
      assert.equal(job.read.io_bytes, 4 << 20, size)
    }
  }))

  test('groups, clones, stonewalls, includes, comments, variables', () => inFolder((folder) => {
    writeFileSync(join(folder, 'more.fio'), '[third]\nstonewall\nrw=write\n')
    const { status, stdout, stderr } = runFile('; first\n[global]\nsize=64k\nbs=${BLOCK}\n# second\n[first]\nnumjobs=3\ngroup_reporting\nrw=randread ; a comment\n[second]\nrw=write\nnew_group\ninclude more.fio\n', folder, ['--output-format=json'])
    assert.equal(status, 1, 'BLOCK is not set')
    assert.match(stderr, /failed parsing bs=\$\{BLOCK\}/)
    const set = run(['bench', '--output-format=json', 'jobs.fio'], folder, { BLOCK: '4k' })
    assert.equal(set.status, 0, set.stderr)
    assert.equal(stdout, '')
    const { jobs } = JSON.parse(set.stdout) as Report
    assert.deepEqual(jobs.map(({ jobname, groupid, read, write }) => [jobname, groupid, read.total_ios, write.total_ios]), [['first', 0, 48, 0], ['second', 1, 0, 16], ['third', 2, 0, 16]])
  }))

  test('time, rates and think times', () => inFolder((folder) => {
    const { jobs } = report([
      '--rw=randread', '--bs=4k', '--size=1m', '--time_based', '--runtime=2', '--filename=f', '--iodepth=4', '--ioengine=trueaio',
      '--name=rate', '--rate_iops=50', '--name=bytes', '--rate=400k', '--name=think', '--thinktime=50ms', '--iodepth=1',
    ], folder)
    const [rate, bytes, think] = jobs.map(({ read }) => read.total_ios)
    // Nothing goes faster than it may; how much slower, the machine's load decides.
    for (const [done, most] of [[rate, 110], [bytes, 210], [think, 45]] as const) assert.ok(done !== undefined && done > 0 && done <= most, `${String(done)} of ${String(most)}`)
    for (const { job_runtime: runtime } of jobs) assert.ok(runtime >= 1900, String(runtime))
  }))

  test('flow keeps jobs in proportion', () => inFolder((folder) => {
    const { jobs } = report(['--rw=randread', '--bs=4k', '--size=1m', '--time_based', '--runtime=2', '--filename=f', '--name=three', '--flow=3', '--name=one', '--flow=1'], folder)
    const [three, one] = jobs.map(({ read }) => read.total_ios)
    assert.ok(Math.abs((three ?? 0) / (one ?? 1) - 3) < 0.6, `${String(three)} to ${String(one)}`)
  }))

  test('the metadata engines make, ask about and remove files', () => inFolder((folder) => {
    const words = ['--name=m', '--filesize=4k', '--nrfiles=20', '--bs=4k']
    assert.equal(report([...words, '--ioengine=filecreate'], folder).jobs[0]?.read.total_ios, 20)
    assert.equal(readdirSync(folder).length, 20)
    assert.equal(report([...words, '--ioengine=filestat'], folder).jobs[0]?.read.total_ios, 20)
    assert.equal(report([...words, '--ioengine=filedelete'], folder).jobs[0]?.read.total_ios, 20)
    assert.deepEqual(readdirSync(folder), [])
  }))

  test('what is wrong is refused, with where and what was expected', () => inFolder((folder) => {
    for (const [text, said] of [
      ['[a]\nsizee=4m\n', /jobs\.fio:2: Bad option <sizee>.*Did you mean size\?/],
      ['[a]\nrw=readd\nsize=1m\n', /failed parsing rw=readd: expected one of read, write/],
      ['rw=read\n', /jobs\.fio:1: option <rw=read> outside of \[\] job section/],
      ['[a\nrw=read\n', /jobs\.fio:1: a section is written \[name\]/],
      ['[a]\nrw=read\n', /a: you need to specify size=/],
      ['[a]\nsize\n', /option size needs a value/],
      ['[a]\nsize=1m\nioengine=iouring\n', /failed parsing ioengine=iouring: expected one of .* Did you mean io_uring\?/],
      ['[a]\nsize=1m\nrw=trim\n', /trims are for block devices/],
      ['[a]\nread_iolog=none.log\n', /open read iolog: none\.log: ENOENT/],
      ['', /no jobs/],
      ['[a]\0', /not a job file/],
    ] as const) {
      const { status, stderr } = runFile(text, folder)
      assert.equal(status, 1, text)
      assert.match(stderr, said)
    }
    assert.equal(run(['bench'], folder).status, 2)
    assert.equal(run(['bench', '--name=a', '--size=1m', '--output-format=xml'], folder).status, 2)
    assert.deepEqual(readdirSync(folder), ['jobs.fio'])
  }))

  test('logs have a line for each operation, or averages', () => inFolder((folder) => {
    report(['--name=a', '--rw=write', '--bs=4k', '--size=64k', '--write_lat_log=l', '--write_bw_log', '--write_iolog=io.log', '--filename=f'], folder)
    assert.match(readFileSync(join(folder, 'l_lat.1.log'), 'utf8'), /^(\d+, \d+, 1, 4096, 0\n){16}$/)
    assert.ok(existsSync(join(folder, 'a_bw.1.log')))
    const { jobs: [job] } = report(['--name=again', '--read_iolog=io.log', '--replay_no_stall=1'], folder)
    assert.equal(job?.write.total_ios, 16)
    writeFileSync(join(folder, 'cut.log'), readFileSync(join(folder, 'io.log')).subarray(0, -8))
    assert.match(run(['bench', '--name=again', '--read_iolog=cut.log'], folder).stderr, /cut\.log:\d+: bad iolog/)
    writeFileSync(join(folder, 'out.log'), 'fio version 2 iolog\n../f add\n../f open\n../f write 0 512\n../f close\n')
    assert.match(run(['bench', '--name=again', '--read_iolog=out.log'], folder).stderr, /the log names \.\.\/f: paths .* stay below the current directory/)
  }))

  test('Ctrl-C ends it, and what it has made is gone', () => inFolder(async (folder) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = spawn(process.execPath, [command, 'bench', '--name=a', '--rw=randread', '--size=8m', '--time_based', '--runtime=600', '--numjobs=2', '--ioengine=trueaio'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
      const printed: string[] = []
      child.stdout.on('data', (piece: Buffer) => printed.push(piece.toString()))
      // Both files are there: the jobs begin.
      await new Promise<void>((resolve) => {
        let told = ''
        child.stderr.on('data', (piece: Buffer) => {
          told += piece.toString()
          if ((told.match(/Laying out/g)?.length ?? 0) === 2) resolve()
        })
      })
      child.kill(signal)
      const code = await new Promise((resolve) => child.on('close', resolve))
      assert.equal(code, signal === 'SIGINT' ? 130 : 143)
      assert.deepEqual(readdirSync(folder), [])
    }
  }))

  test('Ctrl-C in a replay leaves no directories either', () => inFolder(async (folder) => {
    writeFileSync(join(folder, 'long.log'), 'fio version 3 iolog\n0 a/b/c add\n0 a/b/c open\n0 a/b/c read 0 4096\n60000000 a/b/c read 0 4096\n60000000 a/b/c close\n')
    const child = spawn(process.execPath, [command, 'bench', '--name=r', '--read_iolog=long.log', '--ioengine=trueaio'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    await once(child.stderr, 'data')
    child.kill('SIGINT')
    await once(child, 'close')
    assert.deepEqual(readdirSync(folder), ['long.log'])
  }))

  test('--against runs the same jobs by others in turn, and prints ratios', () => inFolder((folder) => {
    const words = ['bench', '--name=a', '--rw=randread', '--bs=4k', '--size=4m', '--filename=f', '--against=node,psync,fio,bun', '--rounds=2']
    const { status, stdout, stderr } = run([...words, '--output-format=json', '--metric=cpu'], folder)
    assert.equal(status, 0, stderr)
    const { metric, contenders } = JSON.parse(stdout) as { metric: string, contenders: { name: string, state: string, reason?: string, ratio?: number }[] }
    assert.equal(metric, 'cpu')
    assert.deepEqual(contenders.map(({ name }) => name), ['trueaio', 'node', 'psync', 'fio', 'bun'])
    for (const { state, reason, ratio } of contenders) assert.ok(state === 'measured' ? (ratio ?? 0) > 0 : state === 'skipped' && (reason ?? '').includes('not on the PATH'), `${state} ${reason ?? ''}`)
    assert.match(run(words, folder).stdout, /first ÷ rate\ntrueaio .* 1\.00 ×/)
  }))
})

const hasFio = spawnSync('fio', ['--version'], { encoding: 'utf8' }).stdout as string | null

describe('beside fio itself', { skip: hasFio === null ? 'fio is not installed' : false }, () => {
  /** All keys with their places; what stands for figures (percentiles' values, bins) is left out. */
  function keysOf(value: unknown, at = ''): string[] {
    if (Array.isArray(value)) return value.flatMap((each: unknown) => keysOf(each, `${at}[]`))
    if (typeof value !== 'object' || value === null) return [at]
    return Object.entries(value).flatMap(([key, each]) => keysOf(each, key === 'bins' ? `${at}.bins` : `${at}.${/^\d+$/.test(key) && at.endsWith('.bins') ? '#' : key}`))
  }

  const JOBS: Readonly<Record<string, string>> = {
    'random reads and writes': '[a]\nrw=randrw\nsize=1m\nbs=4k\nfsync=8\nioengine=psync\n',
    'global options, groups, percentiles': '[global]\nioengine=psync\nsize=256k\ngroup_reporting\nlat_percentiles=1\npercentile_list=50:99:99.9\n[a]\nnumjobs=2\nrw=read\n[b]\nstonewall\nrw=write\ndescription=words\nunlink=1\n',
    'verification at depth': '[v]\nrw=randwrite\nsize=512k\nioengine=io_uring\niodepth=8\nslat_percentiles=1\nverify=md5\n',
    'going on behind errors': '[e]\nrw=read\nsize=64k\ncontinue_on_error=all\nioengine=psync\n',
  }

  for (const [name, text] of Object.entries(JOBS)) {
    for (const format of ['json', 'json+']) {
      test(`${format} has its keys: ${name}`, (t) => inFolder((folder) => {
        writeFileSync(join(folder, 'jobs.fio'), text)
        const real = spawnSync('fio', [`--output-format=${format}`, 'jobs.fio'], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
        if (real.status !== 0) return t.skip(real.stderr)
        const ours = run(['bench', `--output-format=${format}`, 'jobs.fio'], folder)
        assert.equal(ours.status, 0, ours.stderr)
        const expected = JSON.parse(real.stdout.slice(real.stdout.indexOf('{\n'))) as unknown
        assert.deepEqual([...new Set(keysOf(JSON.parse(ours.stdout)))].filter((key) => !key.includes('.bins')).sort(), [...new Set(keysOf(expected))].filter((key) => !key.includes('.bins')).sort())
        assert.equal(ours.stdout.includes('"bins"'), format === 'json+')
      }))
    }
  }

  test('terse has as many fields', () => inFolder((folder) => {
    const words = ['--name=a', '--rw=randrw', '--size=256k', '--ioengine=psync', '--output-format=terse']
    const real = spawnSync('fio', words, { cwd: folder, encoding: 'utf8' })
    const line = real.stdout.split('\n').find((each) => each.startsWith('3;')) ?? ''
    assert.equal(run(['bench', ...words], folder).stdout.trim().split(';').length, line.split(';').length)
  }))

  test('each verifies what the other has written', () => inFolder((folder) => {
    for (const verify of ['md5', 'crc32c', 'sha1']) {
      const words = ['--name=v', '--bs=4k', '--size=128k', `--verify=${verify}`, '--filename=f', '--ioengine=psync']
      for (const [first, second] of [['ours', 'fio'], ['fio', 'ours']] as const) {
        for (const [who, rw] of [[first, 'write'], [second, 'read']] as const) {
          const { status, stderr } = who === 'ours' ? run(['bench', ...words, `--rw=${rw}`], folder) : spawnSync('fio', [...words, `--rw=${rw}`], { cwd: folder, encoding: 'utf8' })
          assert.equal(status, 0, `${verify}, ${who} ${rw}: ${stderr}`)
        }
      }
    }
  }))
})
