// The benchmark as it runs without arguments, quickly.
import { ENGINE_SUITES, everySuiteRuns } from './every-suite.js'

everySuiteRuns([], ENGINE_SUITES)
