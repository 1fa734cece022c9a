// ① interface — the one table of the drop-in's functions: in which room each is, on which face, and which arguments Node's
// has. Stand-ins and callback forms are made from it, and both faces are held to it.

/** One function. */
interface Row {
  readonly room: 'path' | 'file' | 'tree' | 'handle' | 'stream'
  /** Only in node:fs, or only in node:fs/promises. Default: in both. */
  readonly only?: 'callbacks' | 'promises'
  /** Arguments of Node's function before its callback, or of the one with a promise. None: it takes no deadline, or not as others do. */
  readonly arguments?: number
  /** The last of these is options, and a deadline is among them. Default: there are none, and a deadline may follow. */
  readonly options?: true
}

const ROWS = {
  access: { room: 'path', arguments: 2 },
  chmod: { room: 'path', arguments: 2 },
  chown: { room: 'path', arguments: 3 },
  copyFile: { room: 'path', arguments: 3 },
  exists: { room: 'path', only: 'callbacks' },
  lchown: { room: 'path', arguments: 3 },
  link: { room: 'path', arguments: 2 },
  lstat: { room: 'path', arguments: 2, options: true },
  lutimes: { room: 'path', arguments: 3 },
  mkdir: { room: 'path', arguments: 2, options: true },
  mkdtemp: { room: 'path', arguments: 2, options: true },
  readlink: { room: 'path', arguments: 2, options: true },
  realpath: { room: 'path', arguments: 2, options: true },
  rename: { room: 'path', arguments: 2 },
  rmdir: { room: 'path', arguments: 2, options: true },
  stat: { room: 'path', arguments: 2, options: true },
  statfs: { room: 'path', arguments: 2, options: true },
  symlink: { room: 'path', arguments: 3 },
  truncate: { room: 'path', arguments: 2 },
  unlink: { room: 'path', arguments: 1 },
  utimes: { room: 'path', arguments: 3 },

  appendFile: { room: 'file', arguments: 3, options: true },
  readFile: { room: 'file', arguments: 2, options: true },
  writeFile: { room: 'file', arguments: 3, options: true },

  cp: { room: 'tree', arguments: 3, options: true },
  opendir: { room: 'tree', arguments: 2, options: true },
  readdir: { room: 'tree', arguments: 2, options: true },
  rm: { room: 'tree', arguments: 2, options: true },

  close: { room: 'handle', only: 'callbacks', arguments: 1 },
  fchmod: { room: 'handle', only: 'callbacks', arguments: 2 },
  fchown: { room: 'handle', only: 'callbacks', arguments: 3 },
  fdatasync: { room: 'handle', only: 'callbacks', arguments: 1 },
  fstat: { room: 'handle', only: 'callbacks', arguments: 2, options: true },
  fsync: { room: 'handle', only: 'callbacks', arguments: 1 },
  ftruncate: { room: 'handle', only: 'callbacks', arguments: 2 },
  futimes: { room: 'handle', only: 'callbacks', arguments: 3 },
  open: { room: 'handle', arguments: 3 },
  // These count the forms of their own besides.
  read: { room: 'handle', only: 'callbacks', arguments: 5 },
  readv: { room: 'handle', only: 'callbacks', arguments: 3 },
  write: { room: 'handle', only: 'callbacks', arguments: 5 },
  writev: { room: 'handle', only: 'callbacks', arguments: 3 },

  createReadStream: { room: 'stream', only: 'callbacks' },
  createWriteStream: { room: 'stream', only: 'callbacks' },
} as const

type Rows = typeof ROWS
export type FunctionName = keyof Rows
export type Room = Row['room']
export type Face = 'callbacks' | 'promises'

/** The functions of one room on one face. */
export type NameIn<Room_ extends Room, Face_ extends Face> = {
  [Name in FunctionName]: Rows[Name]['room'] extends Room_ ? (Rows[Name] extends { readonly only: Exclude<Face, Face_> } ? never : Name) : never
}[FunctionName]

/** Those with a callback behind their arguments. */
export type CallbackName = { [Name in NameIn<Room, 'callbacks'>]: Rows[Name] extends { readonly arguments: number } ? Name : never }[NameIn<Room, 'callbacks'>]

/** The place of the deadline among a function's arguments, from 0: in its options, or behind all of them. Never: it takes none. */
export type PlaceOf<Name extends FunctionName> = Rows[Name] extends { readonly arguments: infer Count extends Place }
  ? Rows[Name] extends { readonly options: true } ? LastOf<Count> : Count
  : never
type LastOf<Count> = Count extends 1 ? 0 : Count extends 2 ? 1 : Count extends 3 ? 2 : never
/** Of a deadline. */
export type Place = 0 | 1 | 2 | 3 | 4 | 5

export const FUNCTIONS: { readonly [Name in FunctionName]: Name extends CallbackName ? Row & { readonly arguments: number } : Row } = ROWS

/** Names and rooms of one face. */
export function functionsOf(face: Face): readonly (readonly [name: FunctionName, room: Room])[] {
  return (Object.keys(FUNCTIONS) as FunctionName[]).flatMap((name) => {
    const { room, only = face }: Row = FUNCTIONS[name]
    return only === face ? [[name, room] as const] : []
  })
}
