/* Time that passes only from one event to the next. */

export interface Timeline {
  /** The true time, ms. */
  readonly now: number
  /** Lets something happen at a time (ms); what is to happen at the same time happens in the order in which it was said. */
  at(time: number, happen: () => void): void
  /** Lets everything happen up to a time, or until `isOver`; `after` runs when each event has had all its immediate consequences. */
  run(end: number, after: () => void, isOver: () => boolean): Promise<void>
}

interface Event { at: number, order: number, happen: () => void }

const isBefore = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Resolves once all that is ready to run has run. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

export function createTimeline(start: number): Timeline {
  const heap: Event[] = []
  let now = start
  let order = 0

  function push(event: Event): void {
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (!above || isBefore(above, event)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  function pop(): Event | undefined {
    const [first] = heap
    const last = heap.pop()
    if (last && heap.length > 0) sink(last)
    return first
  }

  function sink(event: Event): void {
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      const [left, right] = [heap[child], heap[child + 1]]
      if (left && right && isBefore(right, left)) child++
      const lesser = heap[child]
      if (!lesser || isBefore(event, lesser)) break
      heap[at] = lesser
      at = child
    }
    heap[at] = event
  }

  return {
    get now() { return now },
    at(time, happen) { push({ at: Math.max(time, now), order: order++, happen }) },
    async run(end, after, isOver) {
      for (let next = heap[0]; next && next.at <= end && !isOver(); next = heap[0]) {
        pop()
        now = next.at
        next.happen()
        await settled()
        after()
      }
      if (!isOver()) now = end
    },
  }
}
