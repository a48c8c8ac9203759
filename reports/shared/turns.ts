/** Lets so many works run at once, the others in the order they came. */
export function turns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // the place is handed on, not given back, so that nobody slips in between
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
