// ① interface — what a client would rather have, by its headers Accept and Accept-Encoding: RFC 9110, section 12.

export type Coding = 'br' | 'gzip'

/** How much each of the names is wanted, 0 to 1. */
function weights(header: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const part of header.slice(0, 2048).split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase())
    const quality = parameters.find((word) => word.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2))
    if (name !== '') found.set(name, weight >= 0 && weight <= 1 ? weight : 0)
  }
  return found
}

/** Undefined: the bytes as they are. */
export function codingFor(acceptEncoding: string | undefined): Coding | undefined {
  if (acceptEncoding === undefined) return undefined
  const wanted = weights(acceptEncoding)
  const weightOf = (name: Coding): number => wanted.get(name) ?? (name === 'gzip' ? wanted.get('x-gzip') : undefined) ?? wanted.get('*') ?? 0
  const [br, gzip] = [weightOf('br'), weightOf('gzip')]
  const most = Math.max(br, gzip)
  return most > 0 && most >= (wanted.get('identity') ?? 0) ? (br === most ? 'br' : 'gzip') : undefined
}

/** Whether a listing is wanted as JSON rather than as a page. */
export function wantsJson(accept: string | undefined): boolean {
  if (accept === undefined) return false
  const wanted = weights(accept)
  const json = wanted.get('application/json') ?? 0
  return json > (wanted.get('text/html') ?? 0)
}
