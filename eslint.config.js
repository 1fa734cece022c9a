// The compiler checks types; this checks what it lets pass: promises nobody awaits, conditions that are always true,
// `any` that leaks in. Layout follows what is there: no semicolons, two spaces, single quotes.
import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  { ignores: ['dist/', 'build/', 'site/build/', 'prebuilds/', 'native/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', Buffer: 'readonly', console: 'readonly', performance: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly', AbortController: 'readonly', AbortSignal: 'readonly' } },
  },
  {
    // Parts of the check run inside of a page.
    files: ['site/**/*.mjs'],
    languageOptions: { globals: { document: 'readonly' } },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // `x as T` with the reason beside it is the house form; `x!` hides which type was meant.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // `() => this.#cancel(entry)` is how a callback is handed on; returning nothing early is how an overload ends.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      // An operation that resolves to nothing is an Operation<void>, also as a call's type argument, which this rule forbids.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // `entry === undefined || entry.generation !== generation` states two conditions; folded into `?.` it reads as one.
      '@typescript-eslint/prefer-optional-chain': 'off',
      // A driver is made after the callback that leads to it.
      'prefer-const': ['error', { ignoreReadBeforeAssign: true }],
      // isolatedDeclarations asks for the types that these two would take away.
      '@typescript-eslint/no-inferrable-types': 'off',
      '@typescript-eslint/consistent-generic-constructors': 'off',
      // The compiler's noUnusedLocals finds those, and knows that `#timer ??= …` is a use.
      'no-unused-private-class-members': 'off',
      // Index loops stand where they were measured to be faster.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // node:test registers tests; what it returns is for nested use.
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'] }] }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // That an operation resolves to nothing is something to assert.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Control flow analysis takes a variable that only a callback changes for a constant.
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  {
    // Nothing there runs: values exist for their types, and some are wrong on purpose.
    files: ['test/types/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
)
