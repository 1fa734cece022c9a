// ① interface — whether a device can do a work, by what it publishes; a text says why not.
import { inspect } from 'node:util'
import type { Device, EndKind, Work } from './device.js'

const MEMORY: readonly EndKind[] = ['memory']

/** undefined: it can. */
export function whyNot(device: Device, work: Work): string | undefined {
  const { capabilities } = device
  const from = work.from ?? 'memory'
  const to = work.to ?? 'memory'
  if (!(capabilities.from ?? MEMORY).includes(from)) return `does not take from a ${from}`
  if (!(capabilities.to ?? MEMORY).includes(to)) return `does not give to a ${to}`
  if (device.move === undefined && from === 'memory' && to === 'memory') {
    if (work.stream === true && device.start === undefined) return 'takes whole buffers only, not pieces'
    if (work.stream !== true && device.run === undefined && device.start === undefined) return 'takes no buffers'
  }
  for (const [name, values] of Object.entries(capabilities.options ?? {})) {
    const value = work.options?.[name]
    if (value !== undefined && !values.includes(value)) return `has no ${name} ${inspect(value, { depth: 0 })}`
  }
  const { least = 0, most = Infinity } = capabilities.sizes ?? {}
  if (work.size !== undefined && (work.size < least || work.size > most)) return `takes ${String(least)} to ${String(most)} bytes, not ${String(work.size)}`
  const { alignment = 1 } = capabilities
  if (work.size !== undefined && work.size % alignment !== 0) return `takes multiples of ${String(alignment)} bytes, not ${String(work.size)}`
  return asked(device, work)
}

function asked(device: Device, work: Work): string | undefined {
  try {
    const answer = device.can?.(work) ?? true
    return answer === true ? undefined : answer
  } catch (error) {
    return `its can() threw: ${error instanceof Error ? error.message : String(error)}`
  }
}
