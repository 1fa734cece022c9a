// Runs before `npm publish` in the checkout, which would publish sources, tests and no addon.
process.stderr.write('This is a checkout. "npm run package" makes what is published: build/packages/trueaio and one package for each platform (CONTRIBUTING.md).\n')
process.exitCode = 1
