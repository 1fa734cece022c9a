// A stand-in for a call that answers no signal (a disk, a dead file server): the pool's only thread blocks them all.
import { call, type Proactor } from 'trueaio'

const SIG_SETMASK = 2

/** For a proactor of one thread: what it runs from now on cannot be interrupted, as long as that thread lives. */
export async function makeUninterruptible(io: Proactor): Promise<void> {
  await io.submit(call('rt_sigprocmask', SIG_SETMASK, new BigUint64Array([0xffffffffffffffffn]), null, 8))
}
