// A span of OpenTelemetry for each operation, from the tracing channel trueaio:operation. A program that has an SDK gets them where
// its other spans go; here a tracer that prints stands in for one.
//   node examples/opentelemetry.mjs package.json
import { tracingChannel } from 'node:diagnostics_channel'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import { close, open, Proactor, read } from 'trueaio'

/** Just enough of an SDK to see the spans. */
const printing = {
  getTracer: () => ({
    startSpan(name, { attributes }) {
      const begun = performance.now()
      let status = 'ok'
      return {
        setStatus: ({ code, message }) => void (status = code === SpanStatusCode.ERROR ? message : 'ok'),
        recordException: () => undefined,
        setAttribute: (key, value) => void (attributes[key] = value),
        end: () => console.log(name, JSON.stringify(attributes), status, `${(performance.now() - begun).toFixed(1)} ms`),
      }
    },
  }),
}
trace.setGlobalTracerProvider(printing)

const tracer = trace.getTracer('trueaio')
const spans = new WeakMap()
tracingChannel('trueaio:operation').subscribe({
  start(operation) {
    const { operation: name, path, fd } = operation
    const attributes = path === undefined ? (fd === undefined ? {} : { 'file.descriptor': fd }) : { 'file.path': String(path) }
    spans.set(operation, tracer.startSpan(`trueaio ${name}`, { attributes }))
  },
  error(operation) {
    spans.get(operation)?.recordException(operation.error)
    spans.get(operation)?.setStatus({ code: SpanStatusCode.ERROR, message: operation.error.code })
  },
  asyncEnd(operation) {
    if (typeof operation.result === 'number') spans.get(operation)?.setAttribute('result', operation.result)
    spans.get(operation)?.end()
  },
  end: () => undefined,
  asyncStart: () => undefined,
})

const io = new Proactor()
const file = await io.submit(open(process.argv[2] ?? 'package.json'))
await io.submit(read(file, Buffer.alloc(64), 0))
await io.submit(close(file))
await io.submit(open('no such file')).catch(() => undefined)
await io.close()
