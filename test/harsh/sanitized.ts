/** Why figures of time and memory mean nothing here, or false: this run is over the sanitized addon. */
export const sanitized: string | false = process.env['TRUEAIO_ADDON']?.includes('sanitized') === true ? 'a sanitizer takes time and memory of its own' : false
