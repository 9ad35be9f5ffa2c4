import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHOTS } from './shots-folder.ts'

function rowOf(scene: string): string {
  const pictures = readdirSync(join(SHOTS, scene)).filter(file => file.endsWith('.png')).sort().map((file) => {
    const address = `${scene}/${file}`
    return `<a href="${address}"><img src="${address}" alt="${file}" loading="lazy"><br>${file.replace('.png', '')}</a>`
  })
  return `<h2 id="${scene}">${scene}</h2><div>${pictures.join('')}</div>`
}

/** Writes index.html beside the pictures: every scene a row. */
export default function writeContactSheet(): void {
  mkdirSync(SHOTS, { recursive: true })
  const scenes = readdirSync(SHOTS, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => name).sort()
  writeFileSync(join(SHOTS, 'index.html'), `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>
<style>body{font:14px/1.5 system-ui,sans-serif;margin:24px}div{display:flex;gap:16px;align-items:start;overflow-x:auto}
a{flex:none;text-align:center}img{height:480px;border:1px solid #ccc}</style><h1>Gallery</h1>
<p>${scenes.map(scene => `<a href="#${scene}">${scene}</a>`).join(' · ')}</p>${scenes.map(rowOf).join('\n')}</html>
`)
}
