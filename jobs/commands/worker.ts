import { hostname } from 'node:os';
import { BadInput, messageOf } from '../../raster/errors.js';
import { parseCount, parsePositive } from '../options.js';
import { type Command, text } from './command.js';
import { parseHost, parsePort } from './serve.js';

export const workerCommand: Command = {
  name: 'worker',
  args: '',
  summary: 'takes blocks of runs with --distributed from the queue and does them, on any number of machines',
  summaryZh: '从队列领取分布式运行（--distributed）的分块并计算，可在任意多台机器上启动',
  options: [
    ['--workers <n>', 'threads (default: the configuration’s, else one a core)'],
    ['--once', 'end when the queue is empty'],
    ['--idle-exit <s>', 'end when there has been nothing to do for so many seconds'],
    ['--metrics-port <n>', 'serve /metrics (Prometheus) and /health there'],
    ['--metrics-host <address>', 'address for them (default: 127.0.0.1, this machine alone)'],
  ],
  async run(input, context) {
    const { config, log, tell, signal } = context;
    const given = text(input, 'workers');
    const idle = text(input, 'idleExit');
    const port = text(input, 'metricsPort');
    const host = parseHost(text(input, 'metricsHost') ?? '127.0.0.1', '--metrics-host');
    if (idle !== undefined && input.options.once)
      throw new BadInput('--once and --idle-exit say the same differently; give one of them');
    const idleExitS = input.options.once
      ? 0
      : idle === undefined
        ? null
        : parsePositive(idle, '--idle-exit', 'seconds');
    const metricsPort = port === undefined ? null : parsePort(port, '--metrics-port');
    const { defaultWorkers } = await import('../../raster/engine/pool.js');
    const { sharedBlocks } = await import('../block-stores.js');
    const { WORKER_NAME } = await import('../distributed/names.js');
    const { openQueue } = await import('../distributed/queue.js');
    const { work } = await import('../distributed/worker.js');
    const { serveFigures, workerFigures } = await import('../distributed/figures.js');
    const threads =
      given === undefined ? (config.workers ?? defaultWorkers()) : parseCount(given, '--workers');
    const store = sharedBlocks(config);
    const figures = workerFigures();
    const boss = await openQueue({
      url: config.databaseUrl,
      name: `${WORKER_NAME}${hostname()}:${process.pid}`,
      log,
    });
    try {
      const healthy = async () => (await boss.getDb().executeSql('SELECT 1')).rows.length === 1;
      const served =
        metricsPort === null ? null : await serveFigures({ host, port: metricsPort }, figures, healthy);
      if (served !== null) tell(`figures at http://${host}:${served.port}/metrics`);
      tell(
        `takes blocks for ${threads} thread${threads === 1 ? '' : 's'}; jobs are shared in ${store.name} (Ctrl+C ends it)`,
      );
      try {
        await work({ boss, store, threads, figures, log, tell, idleExitS, signal });
      } finally {
        await served?.close();
      }
      tell('the worker has ended');
    } finally {
      await boss
        .stop({ graceful: false })
        .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'Queue:Error'));
    }
  },
};
