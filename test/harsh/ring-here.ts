// Whether this machine lets us have a ring at all: tests of the ring skip with the reason where it does not.
import { Proactor } from 'trueaio'

async function refusal(): Promise<string | false> {
  try {
    await new Proactor({ driver: 'io-uring', entries: 1, inFlightMax: 1 }).close()
    return false
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Why there is no ring, or false: for the `skip` of node:test. */
export const withoutRing: string | false = await refusal()
