// What is asked of a bundle of the installed package, whichever tool made it.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { addonFile, node } from './project.js'

/** In its project it finds the addon; elsewhere beside itself or where TRUEAIO_ADDON says, or it works on node:fs and warns once. */
export async function checkBundle(t: TestContext, bundle: string): Promise<void> {
  const flags = ['--disable-warning=ExperimentalWarning']
  const here = await node(dirname(bundle), [...flags, bundle])
  assert.match(here.stdout, /^used (io-uring|thread-pool|linux-aio)$/m)
  assert.equal(here.stderr, '')

  const elsewhere = mkdtempSync(join(tmpdir(), 'trueaio-bundle-'))
  t.after(() => rmSync(elsewhere, { recursive: true }))
  cpSync(dirname(bundle), elsewhere, { recursive: true })
  // So that nothing leads back: webpack writes the paths of the modules into its bundle.
  rmSync(dirname(bundle), { recursive: true })
  rmSync(join(dirname(dirname(bundle)), 'node_modules'), { recursive: true })
  const moved = join(elsewhere, basename(bundle))
  const alone = await node(elsewhere, [...flags, moved])
  assert.equal(alone.stdout, 'used node\n')
  assert.equal(alone.stderr.match(/TRUEAIO_NO_ADDON/g)?.length, 1, alone.stderr)
  assert.match(alone.stderr, /put trueaio\.node beside the bundle or name it by TRUEAIO_ADDON/)

  const named = await node(elsewhere, [...flags, moved], { TRUEAIO_ADDON: addonFile })
  assert.deepEqual(named, here)
  cpSync(addonFile, join(elsewhere, 'trueaio.node'))
  assert.deepEqual(await node(elsewhere, [...flags, moved]), here)
}
