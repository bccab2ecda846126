// The charts of docs/performance.md: how each step's time grows with the number of observations,
// on two logarithmic axes, where a cost in proportion to N is a straight line of slope one. Drawn by
// ECharts without a browser.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { load, versionOf } from './installed.js'
import type { Result } from './compare.js'
import { STEPS, type StepName } from './system.js'
import { OURS, SYSTEMS } from './systems.js'

export interface Chart {
  readonly step: StepName
  readonly title: string
  /** Name in images/. */
  readonly file: string
}

const CHARTED: readonly StepName[] = [
  'record',
  'create',
  'receive',
  'nothing',
  'hundred',
  'catchUp',
  'rebuild',
  'merge'
]
/** Told apart also by those who do not see red from green (Okabe and Ito). */
const COLOURS = ['#0072b2', '#999999', '#e69f00', '#d55e00', '#56b4e9', '#009e73', '#000000']
const MORE = ['#cc79a7', '#b8860b', '#7a4fa3']

/** Writes an SVG a step; nothing where ECharts is not installed. */
export async function drawCharts(results: readonly Result[], folder: string): Promise<Chart[]> {
  if (versionOf('.', 'echarts') === null) return []
  const charts: Chart[] = []
  for (const [step, title] of STEPS) {
    const ofStep = results.filter((result) => result.step === step && result.summary !== null)
    if (!CHARTED.includes(step) || ofStep.length === 0) continue
    const file = `performance-${step.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}.svg`
    await writeFile(join(folder, file), draw(title, ofStep))
    charts.push({ step, title, file })
  }
  return charts
}

function draw(title: string, results: readonly Result[]): string {
  const echarts = load('.', 'echarts')
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 560, height: 360 })
  const names = SYSTEMS.map(({ name }) => name)
  const axis = { type: 'log', splitLine: { lineStyle: { color: '#e5e5e5' } } }
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: names.map((_, i) => [...COLOURS, ...MORE][i]),
    title: { text: title, left: 12, top: 8, textStyle: { fontSize: 14, fontWeight: 'bold' } },
    grid: { left: 64, right: 150, top: 48, bottom: 48 },
    legend: { orient: 'vertical', right: 8, top: 48, itemWidth: 16 },
    xAxis: { ...axis, name: 'observations', nameLocation: 'middle', nameGap: 28 },
    yAxis: { ...axis, name: 'milliseconds', nameLocation: 'middle', nameGap: 46 },
    series: names
      .map((name) => ({
        name,
        type: 'line',
        symbolSize: 7,
        lineStyle: { width: name === OURS ? 3.5 : 1.5 },
        data: results
          .filter((result) => result.system === name)
          .map(({ count, summary }) => [count, summary?.milliseconds])
      }))
      .filter(({ data }) => data.length > 0)
  })
  const svg: string = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}
