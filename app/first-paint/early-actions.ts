type TextField = HTMLInputElement | HTMLTextAreaElement

/** What was typed, pasted or autofilled before the page could answer; a field's first value is what the page came with. */
export function readEntered(): [TextField, string][] {
  const fields = document.querySelectorAll<TextField>('input[id], textarea[id]')
  return [...fields].flatMap(field => field.value === field.defaultValue ? [] : [[field, field.value]])
}

/** Enters a value as a person would, so that the component behind the field hears of it. */
export function enter(field: TextField, value: string): void {
  if (!field.isConnected) return
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Carries out, in their order, the clicks, submits and choices that EARLY_SCRIPT kept, and ends its keeping. */
export function carryOutKept(): void {
  const take: unknown = Reflect.get(window, 'takeEarlyActions')
  Reflect.deleteProperty(window, 'takeEarlyActions')
  const kept: unknown[] = typeof take === 'function' ? Array.from(take()) : []
  for (const action of kept) if (Array.isArray(action)) carryOut(action[0], action[1])
}

function carryOut(target: unknown, value: unknown): void {
  if (target instanceof HTMLFormElement) target.requestSubmit()
  else if (target instanceof HTMLButtonElement) target.click()
  else if (target instanceof HTMLSelectElement || target instanceof HTMLInputElement) {
    if (target instanceof HTMLInputElement) target.checked = true
    else target.value = String(value)
    target.dispatchEvent(new Event('change', { bubbles: true }))
  }
}
