// None of these packages ships types. Each is used in exactly one adapter, which narrows what it
// gets to our own interfaces; so `any` here never reaches the published declarations.

declare module 'hypercore' {
  const Hypercore: any
  export default Hypercore
}
declare module 'hypercore/lib/caps.js' {
  const caps: any
  export default caps
}
declare module 'corestore' {
  const Corestore: any
  export default Corestore
}
declare module 'hyperbee' {
  const Hyperbee: any
  export default Hyperbee
}
declare module 'hyperbee/lib/encoding.js' {
  const encoding: any
  export default encoding
}
declare module 'hyperbee/lib/ranges.js' {
  const ranges: any
  export default ranges
}
declare module 'hypercore-crypto' {
  const crypto: any
  export default crypto
}
declare module 'random-access-file' {
  const RandomAccessFile: any
  export default RandomAccessFile
}
declare module 'fs-native-extensions' {
  export function tryLock(
    fd: number,
    offset?: number,
    length?: number,
    options?: { shared?: boolean }
  ): boolean
  export function unlock(fd: number, offset?: number, length?: number): void
}
declare module '@hyperswarm/secret-stream' {
  const SecretStream: any
  export default SecretStream
}
declare module 'protomux' {
  const Protomux: any
  export default Protomux
}
declare module 'hyperswarm' {
  const Hyperswarm: any
  export default Hyperswarm
}
declare module 'hyperdht' {
  const DHT: any
  export default DHT
}
declare module 'hyperdht/testnet.js' {
  const createTestnet: any
  export default createTestnet
}
declare module 'sodium-universal' {
  const sodium: any
  export default sodium
}
declare module 'flat-tree' {
  const flat: {
    fullRoots(index: number): number[]
  }
  export default flat
}
declare module 'z32' {
  const z32: {
    encode(bytes: Uint8Array): string
    decode(text: string): Uint8Array
  }
  export default z32
}
declare module 'brittle' {
  export interface Assertion {
    is(actual: unknown, expected: unknown, message?: string): boolean
    not(actual: unknown, expected: unknown, message?: string): boolean
    ok(value: unknown, message?: string): boolean
    absent(value: unknown, message?: string): boolean
    alike(actual: unknown, expected: unknown, message?: string): boolean
    unlike(actual: unknown, expected: unknown, message?: string): boolean
    pass(message?: string): void
    fail(message?: string): void
    comment(...message: unknown[]): void
    plan(n: number): void
    timeout(ms: number): void
    teardown(fn: () => unknown, options?: { order?: number; force?: boolean }): void
    tmp(): Promise<string>
    exception: {
      (fn: unknown, expected?: unknown, message?: string): Promise<void>
      all(fn: unknown, expected?: unknown, message?: string): Promise<void>
    }
    execution(fn: unknown, message?: string): Promise<unknown>
  }
  type TestFunction = (t: Assertion) => unknown
  interface Test {
    (name: string, fn: TestFunction): Promise<boolean>
    (
      name: string,
      options: { timeout?: number; skip?: boolean },
      fn: TestFunction
    ): Promise<boolean>
  }
  const test: Test
  export default test
}
