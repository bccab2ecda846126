// A suite's result as Markdown: where it was measured, the rows, the targets.

import os from 'node:os'
import type { SuiteResult } from './suite.js'

export function toMarkdown(result: SuiteResult): string {
  const { title, notes, columns, rows, targets } = result
  return [
    `## ${title}`,
    '',
    machine(),
    '',
    ...notes,
    '',
    ...table(columns, rows),
    '',
    ...table(
      ['target', 'wanted', 'found', ''],
      targets.map(({ what, wanted, found, reached }) => [
        what,
        wanted,
        found,
        reached ? 'reached' : 'NOT REACHED'
      ])
    )
  ].join('\n')
}

export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US')
}

export function milliseconds(measurement: { readonly milliseconds: number }): string {
  return measurement.milliseconds.toFixed(1)
}

export function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}

export function times(ratio: number): string {
  return `${ratio.toFixed(2)} x`
}

export function machine(): string {
  const cpus = os.cpus()
  const memory = (os.totalmem() / 2 ** 30).toFixed(0)
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ')
  const load = os.loadavg()[0]?.toFixed(1) ?? ''
  return [
    `${cpus[0]?.model.trim() ?? 'unknown CPU'}, ${cpus.length} cores, ${memory} GiB`,
    `${os.type()} ${os.release()} ${os.arch()}`,
    `Node.js ${process.version}`,
    `${date} UTC`,
    `load ${load} at the end`
  ].join('; ')
}

/** The first column to the left, all others to the right. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, i) =>
    Math.max(3, column.length, ...rows.map((row) => row[i]?.length ?? 0))
  )
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((w, i) => pad(cells[i] ?? '', w, i)).join(' | ')} |`
  const rule = `| ${widths.map((w, i) => (i === 0 ? '-'.repeat(w) : `${'-'.repeat(w - 1)}:`)).join(' | ')} |`
  return [line(columns), rule, ...rows.map(line)]
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}
