/** Requests of several askers at once: in the drill, and each time. */
export const REQUESTS = { drill: 10_000, usual: 1_000 } as const;
