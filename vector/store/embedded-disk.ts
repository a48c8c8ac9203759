import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { writeProblem } from '../../raster/errors.js';

type Options = Parameters<NodeFS['init']>[1];
type Module = PGlite['Module'];

/** What a disk says that is full or broken, as PGlite's C library numbers it (WASI snapshot preview 1, errno). */
const DISK_ERRORS = new Map([
  [19, 'EDQUOT'],
  [29, 'EIO'],
  [51, 'ENOSPC'],
  [69, 'EROFS'],
]);

/** Calls of Emscripten's NODEFS that write. */
const WRITING = { stream_ops: ['open', 'write'], node_ops: ['mknod', 'rename', 'setattr'] } as const;

/**
 * The folder of an embedded database. PostgreSQL panics where its log cannot be written, and begins anew from what is on the disk;
 * PGlite cannot, and goes round and round in one statement for ever. So the first write that a disk refuses ends the statement, and
 * the database does nothing more in this process; opened again, it begins from what is on the disk, as after `kill -9`.
 */
export class WatchedFolder extends NodeFS {
  #failed: unknown = null;

  /** What the disk has refused, as an error that names the folder and the cure; null as long as all is well. */
  get failed(): unknown {
    return this.#failed;
  }

  override async init(pg: PGlite, options: Options): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const watch = ({ FS }: Module) => this.#watch(FS.filesystems.NODEFS);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), watch] } };
  }

  /** Has later statements refused at once. */
  guard(pg: PGlite): void {
    const send = pg.execProtocolRawSync.bind(pg);
    pg.execProtocolRawSync = (message) => {
      if (this.#failed !== null) throw this.#failed;
      return send(message);
    };
  }

  #watch(system: object): void {
    for (const [group, names] of Object.entries(WRITING)) {
      const calls: unknown = Reflect.get(system, group);
      for (const name of names) {
        const call: unknown = calls instanceof Object ? Reflect.get(calls, name) : undefined;
        if (!(calls instanceof Object) || typeof call !== 'function')
          throw new Error(`PGlite’s NODEFS has no ${group}.${name} to watch`);
        Reflect.set(calls, name, (...args: unknown[]) => {
          try {
            return Reflect.apply(call, calls, args);
          } catch (error) {
            throw this.#told(error);
          }
        });
      }
    }
  }

  /** Anything but an errno goes up through the compiled code to whoever asked. */
  #told(error: unknown): unknown {
    const errno: unknown = error instanceof Object ? Reflect.get(error, 'errno') : undefined;
    const code = typeof errno === 'number' ? DISK_ERRORS.get(errno) : undefined;
    if (code === undefined) return error;
    this.#failed ??= writeProblem(this.rootDir, Object.assign(new Error(code), { code }));
    return this.#failed;
  }
}
