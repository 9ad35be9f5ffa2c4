/** Scrolls no more than is needed to see an element whole; one that is higher than the window is seen from its beginning. */
export function bringIntoSight(element: HTMLElement | null | undefined): void {
  if (!element) return
  const isHigh = element.offsetHeight > window.innerHeight - parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop)
  element.scrollIntoView({ block: isHigh ? 'start' : 'nearest' })
}
