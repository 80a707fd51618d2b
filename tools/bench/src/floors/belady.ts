/**
 * Number of hits of the optimal policy (Belady's MIN), which knows the future: it evicts the item whose next request is
 * furthest away. Every requested item is stored, as with the policies that are compared with it.
 */
export function beladyHits(requests: Uint32Array, capacity: number): number {
  const next = nextRequests(requests);
  // The next request of each cached item.
  const held = new Map<number, number>();
  const heap = new FurthestFirst();
  let hits = 0;
  for (const [i, item] of requests.entries()) {
    if (held.has(item)) hits++;
    else if (held.size >= capacity) held.delete(furthest(heap, held));
    held.set(item, next[i]!);
    heap.push(next[i]!, item);
  }
  return hits;
}

/**
 * For each request, the position of the next one for the same item; distinct positions past the end if there is none.
 */
function nextRequests(requests: Uint32Array): Float64Array {
  const next = new Float64Array(requests.length);
  const seen = new Map<number, number>();
  for (let i = requests.length - 1; i >= 0; i--) {
    const item = requests[i]!;
    next[i] = seen.get(item) ?? requests.length + i;
    seen.set(item, i);
  }
  return next;
}

/** The item to evict. Skips outdated positions, whose item was requested since or evicted. */
function furthest(heap: FurthestFirst, held: ReadonlyMap<number, number>): number {
  for (;;) {
    const { place, item } = heap.pop();
    if (held.get(item) === place) return item;
  }
}

/** A binary heap with the furthest position on top. */
class FurthestFirst {
  readonly #places: number[] = [];
  readonly #items: number[] = [];

  push(place: number, item: number): void {
    let at = this.#places.push(place) - 1;
    this.#items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#places[parent]! >= this.#places[at]!) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): { readonly place: number; readonly item: number } {
    const top = { place: this.#places[0]!, item: this.#items[0]! };
    const place = this.#places.pop()!;
    const item = this.#items.pop()!;
    if (this.#places.length > 0) {
      this.#places[0] = place;
      this.#items[0] = item;
      this.#sink();
    }
    return top;
  }

  #sink(): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#places.length) return;
      if (child + 1 < this.#places.length && this.#places[child + 1]! > this.#places[child]!) child++;
      if (this.#places[at]! >= this.#places[child]!) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #swap(a: number, b: number): void {
    const places = this.#places;
    const items = this.#items;
    [places[a], places[b]] = [places[b]!, places[a]!];
    [items[a], items[b]] = [items[b]!, items[a]!];
  }
}
