type TextField = HTMLInputElement | HTMLTextAreaElement

/** Fields that were typed, pasted or autofilled into before hydration: those whose value is no longer the rendered one. */
export function readEntered(): [TextField, string][] {
  const fields = document.querySelectorAll<TextField>('input[id], textarea[id]')
  return [...fields].flatMap(field => field.value === field.defaultValue ? [] : [[field, field.value]])
}

/** Enters a value as a person would, so that the component behind the field notices. */
export function enter(field: TextField, value: string): void {
  if (!field.isConnected) return
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Ends the recording of EARLY_SCRIPT and replays it: first what was typed, then clicks, submits and choices in their order. */
export async function carryOutKept(): Promise<void> {
  const take: unknown = Reflect.get(window, 'takeEarlyActions')
  Reflect.deleteProperty(window, 'takeEarlyActions')
  const kept: unknown[] = typeof take === 'function' ? Array.from(take()) : []
  const actions = kept.flatMap(entry => Array.isArray(entry) ? [{ target: entry[0], value: entry[1] }] : [])
  for (const { target, value } of actions) if (isTextField(target)) enter(target, String(value))
  await nextTick()
  for (const { target, value } of actions) if (!isTextField(target)) carryOut(target, value)
}

/** What a chosen file is called cannot be entered, but the file is still there. */
const isTextField = (target: unknown): target is TextField => target instanceof HTMLTextAreaElement
  || (target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'file')

function carryOut(target: unknown, value: unknown): void {
  if (target instanceof HTMLFormElement) target.requestSubmit()
  else if (target instanceof HTMLButtonElement) target.click()
  else if (target instanceof HTMLSelectElement || target instanceof HTMLInputElement) {
    if (target instanceof HTMLInputElement) target.checked = true
    else target.value = String(value)
    target.dispatchEvent(new Event('change', { bubbles: true }))
  }
}
