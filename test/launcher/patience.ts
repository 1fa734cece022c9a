// Bounds in time for machines slower than usual.

/** How much longer than usual everything may take: TRUEAIO_TEST_PATIENCE, which emulated machines set. */
export const PATIENCE: number = Number(process.env['TRUEAIO_TEST_PATIENCE'] ?? 1)
