/**
 * The most recently used values up to a number of bytes. A value wanted twice at once is made once. The newest value
 * stays even where it alone is over the bound: a strip that is the whole image is decoded once, not once a window.
 */
export interface ByteCache<T> {
  get(key: number, make: () => Promise<T>): Promise<T>;
  /** True where a value is kept, or is being made. */
  has(key: number): boolean;
  clear(): void;
  /** Bytes held now. */
  readonly bytes: number;
}

export function byteCache<T>(maxBytes: number, sizeOf: (value: T) => number): ByteCache<T> {
  // a Map keeps insertion order: the first key is the one longest unused
  const kept = new Map<number, T>();
  const making = new Map<number, Promise<T>>();
  let bytes = 0;

  function keep(key: number, value: T): void {
    kept.set(key, value);
    bytes += sizeOf(value);
    for (const [old, oldValue] of kept) {
      if (bytes <= maxBytes || old === key) break;
      kept.delete(old);
      bytes -= sizeOf(oldValue);
    }
  }

  return {
    get bytes() {
      return bytes;
    },
    async get(key, make) {
      const known = kept.get(key);
      if (known !== undefined) {
        kept.delete(key);
        kept.set(key, known);
        return known;
      }
      const underway = making.get(key);
      if (underway) return underway;
      const promise = make();
      making.set(key, promise);
      try {
        const value = await promise;
        if (making.get(key) === promise) keep(key, value);
        return value;
      } finally {
        if (making.get(key) === promise) making.delete(key);
      }
    },
    has: (key) => kept.has(key) || making.has(key),
    clear() {
      kept.clear();
      making.clear();
      bytes = 0;
    },
  };
}
