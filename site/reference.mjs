// Makes the pages of the API reference from the docstrings of src/: one page for each entry of the package.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application } from 'typedoc'
import { checkout, pagesFolder } from './pages.mjs'

/** The package's entries: the name that a program imports, and the source behind it. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
  return Object.entries(exports).filter(([name, target]) => typeof target !== 'string' && name !== './register')
    .map(([name, { types }]) => ({ name: name.replace(/^\./, 'trueaio'), source: join(checkout, types.replace('./dist/', 'src/').replace('.d.ts', '.ts')) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** The repository has no address of its own yet: sources are named, not linked. */
function finish() {
  for (const name of readdirSync(join(pagesFolder, 'api'))) {
    const file = join(pagesFolder, 'api', name)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/\[([^\]\n]+)\]\(source:[^)\n]*\)/g, '`$1`'))
  }
}

export async function makeReference() {
  const all = entries()
  const application = await Application.bootstrapWithPlugins({
    entryPoints: all.map(({ source }) => source),
    tsconfig: join(checkout, 'src', 'tsconfig.json'),
    basePath: checkout,
    displayBasePath: checkout,
    plugin: ['typedoc-plugin-markdown'],
    out: join(pagesFolder, 'api'),
    cleanOutputDir: true,
    router: 'module',
    entryFileName: 'index',
    readme: 'none',
    disableGit: true,
    sourceLinkTemplate: 'source:{path}',
    flattenOutputFiles: true,
    sortEntryPoints: false,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    skipErrorChecking: true,
    useHTMLAnchors: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    enumMembersFormat: 'table',
    validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false },
    logLevel: 'Warn',
    name: 'API reference',
  })
  const project = await application.convert()
  if (project === undefined) throw new Error('TypeDoc found errors in src/')
  for (const module of project.children ?? []) {
    const file = module.sources?.[0]?.fullFileName ?? module.sources?.[0]?.fileName ?? ''
    module.name = all.find(({ source }) => source.endsWith(file.replace(checkout, '')))?.name ?? module.name
  }
  await application.generateOutputs(project)
  if (application.logger.hasErrors()) throw new Error('the API reference could not be made')
  finish()
}
