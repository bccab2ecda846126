// The version that a hello names as its writer's. A test compares it with package.json.

export const LIBRARY_VERSION = '0.1.0'
