import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { folder, pagesFolder, pagesOf } from '../pages.mjs'

const GUIDE = ['installing', 'drop-in', 'engine', 'configuration', 'net', 'transfer', 'operations', 'command', 'benchmark']
const TASKS = ['copy-a-tree', 'read-many-files', 'tail-a-log', 'durable-log', 'cpu-work', 'limits', 'statistics', 'choose-a-driver', 'cancel', 'failing-disks', 'move-to-another-end']
const API = ['trueaio', 'trueaio.fs.promises', 'trueaio.fs']

const sidebar = [
  { text: 'Tasks', items: [{ text: 'All tasks', link: '/tasks/' }, ...pagesOf('tasks', TASKS)] },
  { text: 'Guide', items: pagesOf('guide', GUIDE) },
  { text: 'Interfaces', items: pagesOf('systems') },
  { text: 'Drivers', items: pagesOf('drivers') },
  { text: 'API reference', items: [{ text: 'All modules', link: '/api/' }, ...pagesOf('api', API)] },
  { text: 'More', items: [
    { text: 'How it works', link: '/architecture' }, { text: 'Examples', link: '/examples/' }, { text: 'Changes', link: '/changelog' }, { text: 'Security', link: '/security' },
  ] },
]

export default defineConfig({
  title: 'trueaio',
  description: 'True asynchronous I/O for Node.js',
  lang: 'en',
  srcDir: pagesFolder,
  outDir: fileURLToPath(new URL('html', `file://${folder}/`)),
  cacheDir: fileURLToPath(new URL('cache', `file://${folder}/`)),
  // Where a host serves it from a folder: SITE_BASE=/trueaio/ npm run site
  base: process.env['SITE_BASE'] ?? '/',
  // Fetching what might be opened next costs more than it gains on pages of this size.
  router: { prefetchLinks: false },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    search: { provider: 'local' },
    nav: [{ text: 'Tasks', link: '/tasks/' }, { text: 'Guide', link: '/guide/installing' }, { text: 'API', link: '/api/' }, { text: 'Changes', link: '/changelog' }],
    sidebar,
    outline: { level: [2, 3] },
    footer: { message: 'MIT licence' },
  },
})
