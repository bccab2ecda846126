// As much of @streamparser/json as is used: its own declarations do not pass our compiler's checks,
// so tsconfig.json points here.

export class JSONParser {
  constructor(options: { paths: string[]; keepStack: boolean })
  readonly isEnded: boolean
  write(piece: string | Uint8Array): void
  onValue: (found: { value?: unknown; key?: string | number; stack: unknown[] }) => void
  onError: (error: Error) => void
}
