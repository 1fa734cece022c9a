// Benchmark — keeps a number of operations in flight until the budget is used up, the same way for every contender: each
// lane has one operation in flight, and begins its next when that one has ended.
import type { Budget } from './budget.js'

/** Operations that give a promise each. */
export async function drivePromises<Result>(
  inFlight: number, budget: Budget, start: (lane: number) => Promise<Result>, check: (lane: number, result: Result) => void,
): Promise<void> {
  const runLane = async (lane: number): Promise<void> => {
    while (budget.take()) check(lane, await start(lane))
  }
  await Promise.all(Array.from({ length: inFlight }, (_, lane) => runLane(lane)))
}

export type Callback<Result> = (error: Error | null | undefined, result: Result) => void

/** Operations that call back. */
export function driveCallbacks<Result>(
  inFlight: number, budget: Budget, start: (lane: number, callback: Callback<Result>) => void, check: (lane: number, result: Result) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let running = inFlight
    for (let lane = 0; lane < inFlight; lane++) {
      const next = (): void => {
        if (budget.take()) start(lane, callback)
        else if (--running === 0) resolve()
      }
      const callback: Callback<Result> = (error, result) => {
        if (error !== null && error !== undefined) {
          reject(error)
          return
        }
        try {
          check(lane, result)
          next()
        } catch (problem) {
          reject(problem instanceof Error ? problem : new Error(String(problem)))
        }
      }
      next()
    }
  })
}
