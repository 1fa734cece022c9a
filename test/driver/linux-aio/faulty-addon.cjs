// The addon with the faults of other kernels and full systems, for TRUEAIO_ADDON. TRUEAIO_FAULTS names one:
//   setup:-38    io_setup answers with this errno
//   again        every second io_submit is answered EAGAIN and takes nothing
//   partly       io_submit takes one request of several
'use strict'
/* global process, __dirname */
const path = require('node:path')
const real = require(path.join(__dirname, `../../../prebuilds/${process.platform}-${process.arch}/trueaio.node`))

const [fault, setting = ''] = (process.env.TRUEAIO_FAULTS ?? '').split(':')
const EAGAIN = -11
const COUNT = 1
const ANSWER = 2

module.exports = {
  ...real,
  aioCreate(capacity, onReadable) {
    if (fault === 'setup') return Number(setting)
    const context = real.aioCreate(capacity, onReadable)
    const control = new Int32Array(context.shared, 0, 16)
    let submits = 0
    return {
      ...context,
      submit() {
        if (fault === 'again' && control[COUNT] > 0 && submits++ % 2 === 0) {
          control[ANSWER] = EAGAIN
          return
        }
        if (fault === 'partly') control[COUNT] = Math.min(control[COUNT], 1)
        context.submit()
      },
    }
  },
}
