// How our own cost grows from one number of observations to the next.

import { count, table } from '../table.js'
import { type Result, summaryOf } from './compare.js'
import { STEPS } from './system.js'
import { OURS } from './systems.js'

/** Nothing where there are not two Ns to compare. */
export function growthTable(results: readonly Result[]): string[] {
  const ours = results.filter(({ system }) => system === OURS)
  const counts = [...new Set(ours.map((result) => result.count))].toSorted((a, b) => a - b)
  const steps = counts.slice(1).map((n, i) => [counts[i] as number, n] as const)
  const rows = STEPS.flatMap(([step, title]) => {
    const timeAt = (n: number): number | undefined => {
      const result = ours.find((one) => one.step === step && one.count === n)
      return result && summaryOf(result)?.milliseconds
    }
    const cells = steps.map(([from, to]) => {
      const [before, after] = [timeAt(from), timeAt(to)]
      return before === undefined || after === undefined ? '' : (after / before).toFixed(1)
    })
    return cells.every((cell) => cell === '') ? [] : [[title, ...cells]]
  })
  const columns = steps.map(([from, to]) => `${count(from)} to ${count(to)}`)
  return rows.length === 0 ? [] : table(['step', ...columns], rows)
}
