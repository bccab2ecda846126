// The charts of docs/performance.md: how a step's time grows with the number of observations, on two
// logarithmic axes, where a cost in proportion is a straight line of slope one (drawn dotted). Drawn
// by ECharts without a browser.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Result, summaryOf } from './compare.js'
import { load, versionOf } from './installed.js'
import type { StepName } from './system.js'
import { OURS, SYSTEMS } from './systems.js'

export interface Chart {
  /** Null for the one of all our steps. */
  readonly step: StepName | null
  /** Name in images/. */
  readonly file: string
}

type Point = [count: number, milliseconds: number]

interface Line {
  readonly name: string
  readonly points: readonly Point[]
  readonly isThick: boolean
  readonly colour: string
}

const CHARTED: readonly StepName[] = [
  'record',
  'create',
  'receive',
  'nothing',
  'hundred',
  'catchUp',
  'rebuild',
  'all',
  'merge'
]
/** Told apart also by those who do not see red from green (Okabe and Ito, and four more). */
const COLOURS = [
  '#0072b2',
  '#999999',
  '#e69f00',
  '#d55e00',
  '#56b4e9',
  '#009e73',
  '#000000',
  '#cc79a7',
  '#a50026',
  '#7a4fa3'
]
/** Where the step's own name is no word. */
const SHORT: Partial<Record<StepName, string>> = {
  create: 'make a file',
  nothing: 'nothing new',
  hundred: '100 new each way',
  catchUp: 'catch up',
  all: 'read all'
}
const IN_PROPORTION = 'in proportion'

/** Writes an SVG a step, and one of all our steps; nothing where ECharts is not installed. */
export async function drawCharts(results: readonly Result[], folder: string): Promise<Chart[]> {
  if (versionOf('.', 'echarts') === null) return []
  const charts: Chart[] = []
  const draw = async (step: StepName | null, lines: readonly Line[]): Promise<void> => {
    if (lines.every(({ points }) => points.length < 2)) return
    const name = (step ?? 'growth').replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
    const file = `performance-${name}.svg`
    await writeFile(join(folder, file), toSVG(lines))
    charts.push({ step, file })
  }
  for (const step of CHARTED) {
    const ofStep = results.filter((result) => result.step === step)
    const lines = SYSTEMS.map(({ name }, i) => ({
      name,
      points: pointsOf(ofStep.filter(({ system }) => system === name)),
      isThick: name === OURS,
      colour: COLOURS[i] as string
    }))
    await draw(step, lines)
  }
  const ours = results.filter(({ system }) => system === OURS)
  await draw(
    null,
    CHARTED.map((step, i) => ({
      name: SHORT[step] ?? step,
      points: pointsOf(ours.filter((result) => result.step === step)),
      isThick: false,
      colour: COLOURS[i] as string
    }))
  )
  return charts
}

function pointsOf(results: readonly Result[]): Point[] {
  return results.flatMap((result) => {
    const summary = summaryOf(result)
    return summary === null ? [] : [[result.count, round(summary.milliseconds)]]
  })
}

function toSVG(lines: readonly Line[]): string {
  const echarts = load('.', 'echarts')
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 660, height: 380 })
  const drawn = lines.filter(({ points }) => points.length > 0)
  const dotted = inProportion(drawn)
  const axis = {
    type: 'log',
    axisLabel: { formatter: (value: number) => value.toLocaleString('en-US') },
    splitLine: { lineStyle: { color: '#e5e5e5' } }
  }
  const counts = drawn.flatMap(({ points }) => points.map(([n]) => n))
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    grid: { left: 76, right: 176, top: 20, bottom: 48 },
    legend: { orient: 'vertical', left: 500, top: 20, itemWidth: 20 },
    xAxis: {
      ...axis,
      min: Math.min(...counts),
      max: Math.max(...counts),
      name: 'observations',
      nameLocation: 'middle',
      nameGap: 28
    },
    yAxis: { ...axis, name: 'milliseconds', nameLocation: 'middle', nameGap: 58 },
    series: [
      ...drawn.map(({ name, points, isThick, colour }) => ({
        name,
        type: 'line',
        symbol: 'circle',
        symbolSize: 7,
        color: colour,
        lineStyle: { width: isThick ? 3.5 : 1.5 },
        data: points
      })),
      {
        name: IN_PROPORTION,
        type: 'line',
        symbol: 'none',
        color: '#666666',
        lineStyle: { width: 1.5, type: 'dotted' },
        data: dotted
      }
    ]
  })
  const svg: string = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}

/** Through the last point of the thick line, or of the highest where none is thick. */
function inProportion(lines: readonly Line[]): Point[] {
  const last = (line: Line): Point => line.points.at(-1) as Point
  const highest = lines.toSorted((a, b) => last(b)[1] - last(a)[1])[0]
  const through = lines.find(({ isThick }) => isThick) ?? highest
  if (through === undefined) return []
  const [n, milliseconds] = last(through)
  return through.points.map(([m]) => [m, round((milliseconds * m) / n)])
}

/** To three digits, so that a chart's text does not change with noise nobody can see. */
function round(milliseconds: number): number {
  return Number(milliseconds.toPrecision(3))
}
