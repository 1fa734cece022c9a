// Puts the numbers of constant tables where they are named: `Opcode.READ` becomes 1, as a compiler does with enums. A table
// that nothing else asks for is left out then. Used by make-package.mjs: each such name cost a dozen bytes, and there are two thousand.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import typescript from 'typescript'

const { SyntaxKind } = typescript
const KEY = /^[A-Z][A-Z0-9_]*$/

/** The value of an expression of numbers; undefined: it is something else. */
function numberOf(node) {
  if (typescript.isNumericLiteral(node)) return Number(node.text)
  if (typescript.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.MinusToken) {
    const value = numberOf(node.operand)
    return value === undefined ? undefined : -value
  }
  return undefined
}

/** Name → number of an object literal with nothing but constants in it; undefined: it is something else. */
function tableOf(literal) {
  const table = new Map()
  for (const property of literal.properties) {
    if (!typescript.isPropertyAssignment(property) || !typescript.isIdentifier(property.name) || !KEY.test(property.name.text)) return undefined
    const value = numberOf(property.initializer)
    if (value === undefined) return undefined
    table.set(property.name.text, value)
  }
  return table.size === 0 ? undefined : table
}

function parse(file) {
  return typescript.createSourceFile(file, readFileSync(file, 'utf8'), typescript.ScriptTarget.ESNext, true, typescript.ScriptKind.JS)
}

/** The tables of one module, by their names in it. */
function tablesIn(source) {
  const tables = new Map()
  for (const statement of source.statements) {
    if (!typescript.isVariableStatement(statement) || (statement.declarationList.flags & typescript.NodeFlags.Const) === 0) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || !typescript.isIdentifier(name) || !typescript.isObjectLiteralExpression(initializer)) continue
      const table = tableOf(initializer)
      if (table !== undefined) tables.set(name.text, table)
    }
  }
  return tables
}

/** Name → module and name there, for what a module hands on from another. */
function handedOn(source) {
  const names = source.statements.filter((statement) => typescript.isExportDeclaration(statement) && statement.moduleSpecifier?.text.startsWith('.') && statement.exportClause !== undefined && typescript.isNamedExports(statement.exportClause))
  return names.flatMap(({ moduleSpecifier, exportClause }) => exportClause.elements.map(({ name, propertyName }) => (
    { name: name.text, from: resolve(dirname(source.fileName), moduleSpecifier.text), as: (propertyName ?? name).text }
  )))
}

/** The tables of all compiled modules below a folder. @returns file → name → table */
export function readTables(folder) {
  const modules = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js')).map((name) => parse(join(folder, name)))
  const tables = new Map(modules.map((source) => [source.fileName, tablesIn(source)]))
  for (const source of modules) {
    for (const { name, from, as } of handedOn(source)) {
      const table = tables.get(from)?.get(as)
      if (table !== undefined) tables.get(source.fileName).set(name, table)
    }
  }
  return tables
}

/** What a module can name: its own tables, and those that it imports, also under other names. */
function tablesSeenBy(source, tables) {
  const seen = new Map(tables.get(source.fileName))
  for (const statement of source.statements) {
    if (!typescript.isImportDeclaration(statement) || statement.importClause?.namedBindings === undefined) continue
    if (!typescript.isNamedImports(statement.importClause.namedBindings)) continue
    const target = tables.get(resolve(dirname(source.fileName), statement.moduleSpecifier.text))
    for (const { name, propertyName } of statement.importClause.namedBindings.elements) {
      const table = target?.get((propertyName ?? name).text)
      if (table !== undefined) seen.set(name.text, table)
    }
  }
  return seen
}

function literalOf(value) {
  const { factory } = typescript
  const literal = factory.createNumericLiteral(Math.abs(value))
  return value < 0 || Object.is(value, -0) ? factory.createParenthesizedExpression(factory.createPrefixUnaryExpression(SyntaxKind.MinusToken, literal)) : literal
}

/** A name of a table stands for that table alone: nothing in the module may declare it again, or write into it. */
function refuse(source, node, what) {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
  throw new Error(`${source.fileName}:${String(line + 1)}: '${node.getText(source)}' ${what}, so it cannot be a table of constants.`)
}

function isDeclaredAgain(node, seen) {
  return (typescript.isParameter(node) || typescript.isBindingElement(node) || (typescript.isVariableDeclaration(node) && node.parent.parent.parent.kind !== SyntaxKind.SourceFile)) &&
    typescript.isIdentifier(node.name) && seen.has(node.name.text)
}

function isWritten(node) {
  const { parent } = node
  return typescript.isDeleteExpression(parent) || typescript.isPostfixUnaryExpression(parent) ||
    (typescript.isPrefixUnaryExpression(parent) && (parent.operator === SyntaxKind.PlusPlusToken || parent.operator === SyntaxKind.MinusMinusToken)) ||
    (typescript.isBinaryExpression(parent) && parent.left === node && parent.operatorToken.kind >= SyntaxKind.FirstAssignment && parent.operatorToken.kind <= SyntaxKind.LastAssignment)
}

/** A transformer for the TypeScript compiler, `before` its own. */
export function inlineTables(tables) {
  return (context) => (source) => {
    const seen = existsSync(source.fileName) ? tablesSeenBy(source, tables) : new Map()
    if (seen.size === 0) return source
    const visit = (node) => {
      if (isDeclaredAgain(node, seen)) refuse(source, node, 'has the name of a table')
      if (typescript.isPropertyAccessExpression(node) && typescript.isIdentifier(node.expression)) {
        const value = seen.get(node.expression.text)?.get(node.name.text)
        if (value !== undefined) return isWritten(node) ? refuse(source, node, 'is written') : typescript.setTextRange(literalOf(value), node)
      }
      return typescript.visitEachChild(node, visit, context)
    }
    return typescript.visitNode(source, visit)
  }
}
