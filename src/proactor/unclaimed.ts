// ③ proactor — the settler of closes that nobody waits for: of what an operation left open that was settled before its own end
// came (operation/opened.ts).
import type { Settler } from './in-flight.js'

export const SILENT: Settler = { settle() { /* nobody to tell */ } }
