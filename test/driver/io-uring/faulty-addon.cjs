// The addon with the faults of other kernels, for TRUEAIO_ADDON. TRUEAIO_FAULTS names one:
//   opcodes:55,50    the kernel does not know these operations
//   feature:9        nor has this feature bit
//   flags            a kernel of 5.11: no newer setup flags, nor the timer flags that came later
//   enter:-16        every second io_uring_enter that submits is answered with this errno and takes nothing
//   partly           io_uring_enter takes one entry of several
//   result:-11       every read's first completion is this errno
//   cancel           every cancel finds its operation running and cannot stop it
//   cancel:2         only the second cancel does
'use strict'
/* global process, __dirname */
const path = require('node:path')
const real = require(process.env.TRUEAIO_REAL_ADDON ?? path.join(__dirname, `../../../prebuilds/${process.platform}-${process.arch}/trueaio.node`))

const [fault, setting = ''] = (process.env.TRUEAIO_FAULTS ?? '').split(':')
const CLAMP_ONLY = 1 << 4
const EINVAL = -22
const REGISTER_PROBE = 8
const FEATURES = 5
const control = { submit: 2, complete: 3, answer: 5 }
const TIMEOUT = 11
const NEW_TIMER_FLAGS = (1 << 5) | (1 << 6) // ETIME_SUCCESS, MULTISHOT
const ASYNC_CANCEL = 14
const EALREADY = -114
const OPCODES_OF_READS = new Set([1, 4, 22])

function faultyRing(ring) {
  const words = new Int32Array(ring.control)
  let enters = 0
  if (fault === 'feature') ring.params[FEATURES] &= ~(1 << Number(setting))
  const cancels = fault === 'cancel' ? weakCancels(ring, Number(setting)) : undefined
  const disguise = fault === 'result' ? disguiseReads(ring, Number(setting)) : () => cancels?.disguise()
  const enterWith = (enter) => {
    if (fault === 'enter' && words[control.submit] > 0 && enters++ % 2 === 0) {
      words[control.answer] = Number(setting)
      return
    }
    if (fault === 'partly' && words[control.submit] > 1) {
      words[control.submit] = 1
      words[control.complete] = Math.min(words[control.complete], 1)
    }
    cancels?.disarm()
    if (fault === 'flags') spoilNewTimers(ring)
    enter()
    disguise()
  }
  return {
    ...ring,
    enter: () => enterWith(ring.enter),
    enterTimed: (milliseconds) => enterWith(() => ring.enterTimed(milliseconds)),
    register(opcode, argument, count) {
      const answer = ring.register(opcode, argument, count)
      if (fault === 'opcodes' && opcode === REGISTER_PROBE) for (const missing of setting.split(',')) argument[16 + Number(missing) * 8 + 2] = 0
      return answer
    },
  }
}

/** Timers that ask for what 5.11 does not know get a flag that no kernel knows. */
function spoilNewTimers(ring) {
  const entries = new Int32Array(ring.entries)
  for (let at = 0; at < entries.length; at += 16) if ((entries[at] & 0xff) === TIMEOUT && (entries[at + 7] & NEW_TIMER_FLAGS) !== 0) entries[at + 7] = -1
}

/** Makes a no-operation of each cancel that is about to be handed over, or of the one with this number, and has it answered like one that came too late. */
function weakCancels(ring, number) {
  const rings = new Int32Array(ring.rings)
  const entries = new Int32Array(ring.entries)
  const [, submissionTail, submissionMask] = ring.params.slice(10)
  const [, completionTail, completionMask, , , completions] = ring.params.slice(20)
  const disarmed = new Set()
  let cancels = 0
  let handed = rings[submissionTail >> 2]
  let looked = rings[completionTail >> 2]
  const key = (low, high) => low * 2 ** 20 + high
  return {
    disarm() {
      for (; handed !== rings[submissionTail >> 2]; handed = (handed + 1) | 0) {
        const at = (handed & rings[submissionMask >> 2]) * 16
        if ((entries[at] & 0xff) !== ASYNC_CANCEL || (++cancels !== number && number !== 0)) continue
        entries[at] = 0
        disarmed.add(key(entries[at + 8], entries[at + 9]))
      }
    },
    disguise() {
      for (; looked !== rings[completionTail >> 2]; looked = (looked + 1) | 0) {
        const at = (completions >> 2) + (looked & rings[completionMask >> 2]) * 4
        if (disarmed.delete(key(rings[at], rings[at + 1]))) rings[at + 2] = EALREADY
      }
    },
  }
}

/** Gives each read's first completion the wanted errno, where TypeScript will look for it. */
function disguiseReads(ring, errno) {
  const rings = new Int32Array(ring.rings)
  const entries = new Int32Array(ring.entries)
  const [, completionTail, completionMask, , , completions] = ring.params.slice(20)
  const seen = new Set()
  let looked = rings[completionTail >> 2]
  return () => {
    // Which slots are reads is seen in the submission entries, which keep their content.
    const reads = new Set()
    for (let at = 0; at < entries.length; at += 16) if (OPCODES_OF_READS.has(entries[at] & 0xff)) reads.add(entries[at + 8] * 2 ** 20 + entries[at + 9])
    for (; looked !== rings[completionTail >> 2]; looked++) {
      const at = (completions >> 2) + (looked & rings[completionMask >> 2]) * 4
      const key = rings[at] * 2 ** 20 + rings[at + 1]
      if (reads.has(key) && !seen.has(key)) {
        seen.add(key)
        rings[at + 2] = errno
      }
    }
  }
}

module.exports = {
  ...real,
  ringCreate(entries, flags, completionEntries, onReadable) {
    if (fault === 'flags' && (flags & ~CLAMP_ONLY) !== 0) return EINVAL
    const ring = real.ringCreate(entries, flags, completionEntries, onReadable)
    return typeof ring === 'number' ? ring : faultyRing(ring)
  },
}
