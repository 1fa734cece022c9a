// The benchmark's suites of the drop-in.
import { everySuiteRuns, FS_SUITES } from './every-suite.js'

everySuiteRuns(['--only', FS_SUITES.join()], FS_SUITES)
