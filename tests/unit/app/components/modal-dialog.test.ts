import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import ModalDialog from '../../../../app/components/common/ModalDialog.vue'
import type { FakeElement } from '../../../support/app/fake-page.ts'
import { FakePage } from '../../../support/app/fake-page.ts'

let page: FakePage
let opener: FakeElement
beforeEach(() => {
  page = new FakePage()
  page.add('main', 'content')
  opener = page.add('button', 'opener')
  opener.focus()
})
afterEach(() => vi.unstubAllGlobals())

const dialogOf = () => page.find(({ tag }) => tag === 'dialog')
type Ending = (props: { open: boolean }, leave: () => void) => void
const ENDINGS: [string, Ending][] = [['is shut', (props) => { props.open = false }], ['is taken away while it is open', (_props, leave) => leave()]]

describe.each(ENDINGS)('a dialog that %s', (_what, end) => {
  it('gives the focus back to what opened it', async () => {
    const { props, leave } = await page.show(ModalDialog, { open: true, title: 'Remove?' })
    expect(dialogOf()?.open).toBe(true)
    end(props, leave)
    await nextTick()
    expect(page.focused).toBe('opener')
  })

  it('leaves the focus on the page where what opened it is gone', async () => {
    const { props, leave } = await page.show(ModalDialog, { open: true, title: 'Remove?' })
    page.take(opener)
    page.find(({ tag }) => tag === 'h2')?.focus()
    end(props, leave)
    await nextTick()
    expect(page.focused).toBe('content')
  })

  it('does nothing to the focus if it was not open', async () => {
    const { props, leave } = await page.show(ModalDialog, { open: false, title: 'Remove?' })
    page.take(opener)
    end(props, leave)
    await nextTick()
    expect(page.focused).toBe('body')
  })
})

describe('a pointer beside a dialog', () => {
  /** Presses it on one element and lets go on the dialog itself; returns how often that meant to leave. */
  async function press(where: 'dialog' | 'h2'): Promise<number> {
    const cancel = vi.fn()
    await page.show(ModalDialog, { open: true, title: 'Remove?', onCancel: cancel })
    const dialog = dialogOf()
    const fire = (name: string, target: FakeElement | null) => {
      const listener = dialog?.attributes.get(name)
      if (typeof listener === 'function') listener({ target })
    }
    fire('onPointerdown', page.find(({ tag }) => tag === where))
    fire('onClick', dialog)
    return cancel.mock.calls.length
  }

  it('leaves it', async () => expect(await press('dialog')).toBe(1))

  it('does not, where it was pressed within: text was being selected', async () => expect(await press('h2')).toBe(0))
})

it('a long dialog is read from its title on', async () => {
  await page.show(ModalDialog, { open: true, title: 'Replace?', long: true })
  expect(page.activeElement.tag).toBe('h2')
})
