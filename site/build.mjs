// Makes the documentation site in site/build/html: pages from docs/, the API from the docstrings, then VitePress.
import { fileURLToPath } from 'node:url'
import { build } from 'vitepress'
import { gatherPages } from './pages.mjs'
import { makeReference } from './reference.mjs'

gatherPages()
await makeReference()
await build(fileURLToPath(new URL('.', import.meta.url)))
