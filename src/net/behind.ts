// ① interface — what is left of several views behind their first bytes.
import type { View } from '../operation/operation.js'
import { byteLengthOf, bytesOf } from '../operation/view.js'

export function behind(views: readonly View[], bytes: number): View[] {
  let skip = bytes
  const left: View[] = []
  for (const view of views) {
    const length = byteLengthOf(view)
    if (skip >= length) skip -= length
    else {
      left.push(skip === 0 ? view : bytesOf(view, skip, length - skip))
      skip = 0
    }
  }
  return left
}
