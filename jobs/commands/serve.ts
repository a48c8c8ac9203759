import { isIP } from 'node:net';
import { BadInput } from '../../raster/errors.js';
import { type Command, text } from './command.js';

export const serveCommand: Command = {
  name: 'serve',
  args: '',
  summary: 'serves the web application and its API; in a demo’s folder it serves the demo',
  summaryZh: '启动网页应用与接口；在演示目录中即演示数据',
  options: [
    ['--port <n>', 'port to listen on (default: 8080; 0: any free one)'],
    ['--host <address>', 'address to listen on (default: 127.0.0.1, this machine alone)'],
    ['--schedule', 'is the monthly clock as well: the embedded database is open to one process alone'],
  ],
  async run(input, context) {
    const [port, host] = [text(input, 'port'), text(input, 'host')];
    const config = {
      ...context.config,
      ...(port === undefined ? {} : { port: parsePort(port, '--port') }),
      ...(host === undefined ? {} : { host: parseHost(host, '--host') }),
    };
    const { serve } = await import('../serve.js');
    await serve({ ...context, config }, { schedule: input.options.schedule === true });
  },
};

export function parsePort(given: string, option: string): number {
  const port = Number(given);
  if (!/^\d{1,5}$/.test(given) || port > 65535) {
    throw new BadInput(`Invalid ${option} "${given}"; expected a whole number from 0 to 65535, e.g. 8080`);
  }
  return port;
}

export function parseHost(given: string, option: string): string {
  if (isIP(given) === 0 && !/^[a-z0-9.-]+$/i.test(given)) {
    throw new BadInput(
      `Invalid ${option} "${given}"; expected an address or name, e.g. 127.0.0.1 or 0.0.0.0`,
    );
  }
  return given;
}
