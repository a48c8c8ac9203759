import { z } from 'zod';

/** What a WebGPU device moves without computing anything: the yardstick of kernels that do little but read and write. */
export interface DeviceCopy {
  readonly name: string;
  /** Bytes read plus bytes written a second while one buffer is copied to another on the device. */
  readonly copyGbPerS: number;
  readonly uploadGbPerS: number;
  readonly downloadGbPerS: number;
}

/** The part of WebGPU (W3C, section 5) that is used here; the project has no types of it. */
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}
interface Adapter {
  readonly info?: unknown;
  readonly limits: { readonly maxBufferSize: number };
  requestDevice(request?: object): Promise<Device>;
}
interface Device {
  readonly queue: {
    submit(commands: readonly unknown[]): void;
    writeBuffer(target: Buffer, offset: number, data: ArrayBufferView): void;
    onSubmittedWorkDone(): Promise<void>;
  };
  createBuffer(request: { size: number; usage: number }): Buffer;
  createCommandEncoder(): {
    copyBufferToBuffer(from: Buffer, fromAt: number, to: Buffer, toAt: number, size: number): void;
    finish(): unknown;
  };
  destroy(): void;
}
interface Buffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

/** GPUBufferUsage and GPUMapMode. */
const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const READ = 1;

const Info = z.object({ vendor: z.string(), device: z.string(), description: z.string() }).partial();
const MOST_BYTES = 256 * 2 ** 20;
const COPIES = 20;

/** Measures the device that the webgpu backend runs on; null where there is none. A webgpu backend must be open. */
export async function deviceCopy(): Promise<DeviceCopy | null> {
  const gpu = (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
  const adapter = await gpu?.requestAdapter();
  if (!adapter) return null;
  const device = await adapter.requestDevice();
  try {
    const size = Math.min(MOST_BYTES, adapter.limits.maxBufferSize);
    const from = device.createBuffer({ size, usage: COPY_SRC | COPY_DST });
    const to = device.createBuffer({ size, usage: COPY_SRC | COPY_DST });
    const back = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    const host = new Uint8Array(size).fill(7);
    const seconds = async (work: () => Promise<void> | void) => {
      const started = performance.now();
      await work();
      await device.queue.onSubmittedWorkDone();
      return (performance.now() - started) / 1000;
    };
    const copy = (source: Buffer, target: Buffer, times: number) => {
      const commands = device.createCommandEncoder();
      for (let k = 0; k < times; k++) commands.copyBufferToBuffer(source, 0, target, 0, size);
      device.queue.submit([commands.finish()]);
    };
    const upload = () => device.queue.writeBuffer(from, 0, host);
    const download = async () => {
      copy(to, back, 1);
      await back.mapAsync(READ);
      host.set(new Uint8Array(back.getMappedRange()));
      back.unmap();
    };
    // the first of each pays for pages and drivers
    await seconds(upload);
    await seconds(() => copy(from, to, 1));
    await seconds(download);
    const uploadS = await seconds(upload);
    const copyS = await seconds(() => copy(from, to, COPIES));
    const downloadS = await seconds(download);
    for (const buffer of [from, to, back]) buffer.destroy();
    return {
      name: describe(adapter.info),
      copyGbPerS: (2 * size * COPIES) / copyS / 1e9,
      uploadGbPerS: size / uploadS / 1e9,
      downloadGbPerS: size / downloadS / 1e9,
    };
  } finally {
    device.destroy();
  }
}

function describe(info: unknown): string {
  // the properties are getters of the adapter's class: read one by one
  const known = typeof info === 'object' && info !== null ? (info as Record<string, unknown>) : {};
  const parsed = Info.safeParse({
    vendor: known.vendor,
    device: known.device,
    description: known.description,
  });
  if (!parsed.success) return 'unknown';
  return (
    [parsed.data.vendor, parsed.data.device, parsed.data.description].filter(Boolean).join(' ') || 'unknown'
  );
}
