// Benchmark — what machine these figures belong to.
import { readFileSync } from 'node:fs'
import { cpus, machine as hardware, release, totalmem, type as systemName } from 'node:os'
import { resolve, sep } from 'node:path'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  readonly kernel: string
  readonly architecture: string
  readonly node: string
  readonly libuv: string
  /** Type of the file system that holds the data files. */
  readonly fileSystem: string
}

export function describeMachine(directory: string): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: systemName(),
    kernel: release(),
    architecture: hardware(),
    node: process.version,
    libuv: process.versions.uv,
    fileSystem: fileSystemOf(directory),
  }
}

function fileSystemOf(directory: string): string {
  if (process.platform !== 'linux') return 'unknown'
  const path = resolve(directory)
  let best = { point: '', type: 'unknown' }
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    // 36 35 98:0 /root /mount/point rw,noatime master:1 - ext4 /dev/root rw
    const [before, after] = line.split(' - ')
    const point = before?.split(' ')[4]?.replaceAll('\\040', ' ')
    const type = after?.split(' ')[0]
    if (point === undefined || type === undefined) continue
    const inside = path === point || path.startsWith(point.endsWith(sep) ? point : point + sep)
    if (inside && point.length >= best.point.length) best = { point, type }
  }
  return best.type
}
