// Random operations, many of them: a million on each real driver, a million seeds on the simulated one (test/settlement/random.ts).
//   node scripts/soak.mjs                                       everything, after `npm run build`
//   node scripts/soak.mjs io-uring node --operations=200000     these drivers
//   node scripts/soak.mjs simulated --seeds=50000 --seed=17     from this seed on
//   node scripts/soak.mjs thread-pool --minutes=5               no longer than that
// A failure names the seed of its round; --seed with it and --operations=400 repeats that round.
import { parseArgs } from 'node:util'
import { CANDIDATES } from '../build/test/settlement/drivers.js'
import { soakDisk, soakSimulated } from '../build/test/settlement/soak.js'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { operations: { type: 'string' }, seeds: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string' } },
})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const until = Date.now() + Number(values.minutes ?? 24 * 60) * 60_000

/** Of the whole run so far: it has to stay where it is, however many operations there are. */
const memory = () => `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at most`

for (const candidate of CANDIDATES) {
  const { name, skip, storage } = candidate
  if (positionals.length > 0 && !positionals.includes(name)) continue
  if (skip !== false) {
    console.log(`${name}: not here: ${skip}`)
    continue
  }
  const start = performance.now()
  const done = storage === 'memory'
    ? `${String(await soakSimulated(seed, Number(values.seeds ?? 1_000_000), until))} seeds`
    : `${String(await soakDisk(candidate, seed, Number(values.operations ?? 1_000_000), until))} operations`
  console.log(`${name}: ${done} from seed ${String(seed)}, ${((performance.now() - start) / 1000).toFixed(0)} s: none lost, none twice, nothing foreign touched, nothing left; ${memory()}`)
}
