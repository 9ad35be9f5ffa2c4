import { breathe } from '../first-paint/breathe'
type TextField = HTMLInputElement | HTMLTextAreaElement

/* Only what was really entered: a field's first value is what the page came with. */
function entered(): [TextField, string][] {
  const fields = document.querySelectorAll<TextField>('input[id], textarea[id]')
  return [...fields].flatMap(field => field.value === field.defaultValue ? [] : [[field, field.value]])
}

function enter(field: TextField, value: string) {
  if (!field.isConnected) return
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

function carryOut(target: unknown, value: unknown) {
  if (target instanceof HTMLFormElement) target.requestSubmit()
  else if (target instanceof HTMLButtonElement) target.click()
  else if (target instanceof HTMLSelectElement || target instanceof HTMLInputElement) {
    if (target instanceof HTMLInputElement) target.checked = true
    else target.value = String(value)
    target.dispatchEvent(new Event('change', { bubbles: true }))
  }
}

function takeEarlyActions(): unknown[] {
  const take: unknown = Reflect.get(window, 'takeEarlyActions')
  Reflect.deleteProperty(window, 'takeEarlyActions')
  return typeof take === 'function' ? Array.from(take()) : []
}

/** Gives back, once the page can be used, what was typed, pasted, autofilled, clicked, chosen or submitted before. */
export default defineNuxtPlugin(async (nuxtApp) => {
  await breathe()
  const fields = entered()
  nuxtApp.hook('app:suspense:resolve', async () => {
    for (const [field, value] of fields.splice(0)) enter(field, value)
    await nextTick()
    for (const action of takeEarlyActions()) {
      if (Array.isArray(action)) carryOut(action[0], action[1])
    }
  })
})
