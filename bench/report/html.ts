// placeholder
import type { Report } from '../results.js'
export function renderHtml(report: Report): string { return JSON.stringify(report) }
