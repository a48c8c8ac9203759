import type { FastifyInstance } from 'fastify';
import type { Deps, RunNote, RunTask } from '../deps.js';
import { addRoute } from '../route.js';
import { isOpen, RUN_READERS, shownLine } from '../run-shapes.js';

/** A stream of events is ended after a while, so that rights that were taken away end too; clients ask again by themselves. */
const [MOST_MS, BEAT_MS] = [10 * 60_000, 20_000];

export function runEvents(app: FastifyInstance, { runs }: Deps): void {
  const open = new Set<() => void>();
  // a server that closes does not wait for streams that never end
  app.addHook('preClose', async () => {
    for (const end of open) end();
  });
  addRoute(app, {
    method: 'GET',
    url: '/api/runs/events',
    access: RUN_READERS,
    summary:
      'Server-sent events: of tasks {id, month, against, hold, status, run, stage, done, total, failure}; named log, lines {task, run, at, level, event, data}',
    answer: ['text/event-stream'],
    handle: async ({ request, reply }) => {
      reply.hijack();
      const { raw } = reply;
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) raw.setHeader(name, value);
      }
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      raw.write('retry: 2000\n\n');
      const write = (text: string) => {
        // who does not read gets no backlog: the next event of a task tells all, its log can be asked for
        if (!raw.writableNeedDrain) raw.write(text);
      };
      const tell = ({ askedAt: _, ...task }: RunTask) =>
        write(`data: ${JSON.stringify({ ...task, against: task.against?.join(',') ?? '' })}\n\n`);
      const note = ({ task, run, ...line }: RunNote) =>
        write(`event: log\ndata: ${JSON.stringify({ task, run, ...shownLine(line) })}\n\n`);
      for (const task of runs.tasks()) if (isOpen(task)) tell(task);
      const beat = setInterval(() => raw.write(': beat\n\n'), BEAT_MS);
      const timer = setTimeout(() => end(), MOST_MS);
      const forget = runs.watch({ task: tell, note });
      const end = () => {
        clearInterval(beat);
        clearTimeout(timer);
        forget();
        open.delete(end);
        raw.end();
      };
      open.add(end);
      request.raw.on('close', end);
      return reply;
    },
  });
}
