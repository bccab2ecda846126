// Numbers, dates and names as people read them. What is printed was recorded by others, on devices
// that anybody may have written the software of: control characters never reach the terminal.

/** 1132 as 1,132. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** "1 entry", "1,132 entries". */
export function counted(value: number, one: string, many: string = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

const UNITS = ['KB', 'MB', 'GB', 'TB']

/** 304 KB, 1.2 GB: powers of a thousand, as on the box of a stick. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`
}

/** The date and minute where this computer is; UTC text where a Date's year is not four digits. */
export function moment(iso: string): string {
  const date = new Date(iso)
  const year = date.getFullYear()
  if (!(year >= 1000 && year <= 9999)) return iso
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${year}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** Degrees to about a metre. */
export function place(lat: number, lon: number): string {
  const degrees = (value: number): string => String(Math.round(value * 1e5) / 1e5)
  return `${degrees(lat)}, ${degrees(lon)}`
}

/** A tag's value, a list of values, metadata: text as it is, all else as JSON. */
export function value(of: unknown): string {
  if (typeof of === 'string') return of
  if (Array.isArray(of) && of.every((item) => typeof item !== 'object')) return of.join('; ')
  return JSON.stringify(of)
}

/** Without anything that a terminal would obey, or that turns the direction of reading round. */
export function harmless(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** At most so wide; what is cut off is said to be. */
export function cut(line: string, columns: number): string {
  const letters = [...new Intl.Segmenter().segment(line)].map(({ segment }) => segment)
  return letters.length <= columns ? line : `${letters.slice(0, columns - 1).join('')}…`
}

/** Rows with their columns under each other. A last cell of several lines stays in its column. */
export function table(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.slice(0, -1).entries()) {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    }
  }
  return rows.map((row) => {
    const before = row.slice(0, -1).map((cell, i) => `${cell.padEnd(widths[i] ?? 0)}  `)
    const margin = indent + before.join('')
    const last = (row.at(-1) ?? '').split('\n').join(`\n${' '.repeat(margin.length)}`)
    return `${margin}${last}`.trimEnd()
  })
}
