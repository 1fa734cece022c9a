// ③ proactor — results that nobody takes: what they opened is closed (operation/opened.ts), by closes that nobody waits for; what they
// lend goes back to its group.
import { loadBinding } from '../native/load.js'
import { Piece } from '../operation/buffer-group.js'
import { MAY_OPEN } from '../operation/opened.js'
import type { Driver } from './driver.js'
import { CancelReason, EntryState, type Entry, type Settler } from './in-flight.js'

export const SILENT: Settler = { settle() { /* nobody to tell */ } }

/** Closes a descriptor without any driver: of a closed proactor's. One of a simulated world has ended with it. */
export function closeNow(fd: number, driver: Driver): void {
  if (driver.factsOf === undefined) loadBinding().binding?.closeOwn?.(fd)
}

/** Gives back what was received for nobody. */
export function releasePieces(value: unknown): void {
  if (value instanceof Piece) value.release()
  else if (typeof value === 'object' && value !== null && 'piece' in value && value.piece instanceof Piece) value.piece.release()
}

/**
 * Whether one of an entry's results goes to nobody. Its end goes to whoever waits for it, unless it was abandoned. Of a multishot
 * that was cancelled, what still comes opens nothing for anybody: its reader may have left.
 */
export function isDiscarded({ cancelReason, operation: { detail, opcode }, settler, state }: Entry): boolean {
  if (state === EntryState.ABANDONED) return true
  return cancelReason !== CancelReason.NONE && detail?.multishot === true && (MAY_OPEN[opcode] === 1 || settler.firstOnly === true)
}
