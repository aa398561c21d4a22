interface Node {
  next: Map<number, Node> | null;
  value: number;
}

const none = -1;

/** Strings to numbers; finds the longest that stands at a place of a text. */
export class Trie {
  readonly #root: Node = { next: null, value: none };

  get(key: string): number | undefined {
    const found = this.longest(key, 0);
    return found?.end === key.length ? found.value : undefined;
  }

  set(key: string, value: number): void {
    let node = this.#root;
    for (let at = 0; at < key.length; at++) {
      const unit = key.charCodeAt(at);
      node.next ??= new Map();
      let next = node.next.get(unit);
      if (next === undefined) {
        next = { next: null, value: none };
        node.next.set(unit, next);
      }
      node = next;
    }
    node.value = value;
  }

  /** The longest key found in `text` at `from`; null where there is none. */
  longest(text: string, from: number): { value: number; end: number } | null {
    let best: { value: number; end: number } | null = null;
    let node: Node | undefined = this.#root;
    for (let at = from; at < text.length; at++) {
      node = node.next?.get(text.charCodeAt(at));
      if (node === undefined) break;
      if (node.value !== none) best = { value: node.value, end: at + 1 };
    }
    return best;
  }
}
