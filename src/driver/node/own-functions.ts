// ④ driver — node: the functions of node:fs as they were when this was loaded. trueaio/register loads it before it puts this
// package's functions in their place: what is Node's to do must not come back to who asked for it.
import * as fs from 'node:fs'

const { default: module } = fs as unknown as { default: typeof fs }

/** The functions of node:fs. */
export const nodeFs: Readonly<typeof fs> = { ...module }
/** The module object itself, which every `require` and default import shares. */
export const sharedFs: typeof fs = module
