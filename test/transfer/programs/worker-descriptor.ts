// A worker that transfers from a number of its program's on the driver `node` alone, and closes that number at once.
import { closeSync, openSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { Proactor } from 'trueaio'
import { transfer } from 'trueaio/transfer'

const { source, target } = workerData as { readonly source: string, readonly target: string }
const proactor = new Proactor({ driver: 'node' })
const fd = openSync(source, 'r')
const job = transfer({ fd }, target, { proactor })
closeSync(fd)
await job
await proactor.close()
