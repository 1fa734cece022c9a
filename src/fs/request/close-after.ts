// ① interface — closing a file after an error, and telling it: Node tells both when the close fails as well.
import { close } from '../../operation/file.js'
import { request } from './request.js'

export async function closeAfter(fd: number, error: Error): Promise<never> {
  try {
    await request(close(fd), undefined, 'close')
  } catch (closeError) {
    const both = new AggregateError([error, closeError as Error], error.message) as AggregateError & { code?: string | undefined }
    both.code = (error as { code?: string }).code
    throw both
  }
  throw error
}
