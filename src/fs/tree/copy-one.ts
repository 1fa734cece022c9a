// ① interface — one file of a tree, by Node's copyFile: one trip to a thread that does all of it. It copies as many bytes as the
// file's size says; where that may say nothing, the file is read to its end.
import { node } from '../node/index.js'
import { copyByReading, mayLieAboutSize } from '../path/index.js'

export async function copyOne(from: string, to: string, mode?: number): Promise<void> {
  // What cannot be looked at copyFile refuses in its own words.
  const status = await node.lstat(from).catch(() => undefined)
  if (status?.isFile() === true && mayLieAboutSize(status) && await copyByReading(from, to, mode)) return
  await node.copyFile(from, to, mode)
}
