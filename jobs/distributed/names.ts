/** Of the queue's own tables, beside `tuban`: no backup holds them. */
export const QUEUE_SCHEMA = 'tuban_queue';
/** One job a block. */
export const QUEUE = 'tuban-blocks';
/** Blocks that failed at every try, for people to look at. */
export const DEAD_QUEUE = 'tuban-blocks-dead';
/** How the connections of a worker begin to be named on the server; machine and process follow. */
export const WORKER_NAME = 'tuban worker ';
