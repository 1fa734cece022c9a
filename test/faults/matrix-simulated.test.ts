// The matrix of every way of writing and every fault that can be simulated, on the simulated driver.
import { SIMULATED_FAULTS } from './matrix/simulations.js'
import { matrix } from './matrix/matrix.js'

matrix({ name: 'simulated', driver: 'simulated' }, SIMULATED_FAULTS)
