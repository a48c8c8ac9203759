import { describe, expect, it, vi } from 'vitest';
import { openRunDesk, type RunWork } from './run-desk.js';

const now = () => new Date('2026-09-01T00:00:00Z');

/** Runs that end when they are told to. */
function controlled() {
  const ends = new Map<string, () => void>();
  const started: string[] = [];
  const work: RunWork = ({ month }, { signal, onProgress }) =>
    new Promise((resolve, reject) => {
      started.push(month);
      onProgress(`${month} mom`, 1, 2);
      ends.set(month, () => resolve(null));
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  return { work, ends, started };
}

describe('the desk of runs', () => {
  it('runs one at a time, in the order they were asked for', async () => {
    const { work, ends, started } = controlled();
    const desk = openRunDesk(work, now);
    const seen: string[] = [];
    desk.watch({ task: ({ id, status }) => seen.push(`${id} ${status}`), note: () => {} });
    desk.start({ month: '2026-07', against: null, hold: false });
    desk.start({ month: '2026-08', against: ['mom'], hold: false });
    expect(started).toEqual(['2026-07']);
    ends.get('2026-07')?.();
    await vi.waitFor(() => expect(started).toEqual(['2026-07', '2026-08']));
    ends.get('2026-08')?.();
    await vi.waitFor(() => expect(desk.tasks().map(({ status }) => status)).toEqual(['done', 'done']));
    expect(seen.indexOf('task-2 running')).toBeGreaterThan(seen.indexOf('task-1 done'));
  });

  it('refuses a month that is waiting or running already', async () => {
    const { work } = controlled();
    const desk = openRunDesk(work, now);
    desk.start({ month: '2026-08', against: null, hold: false });
    expect(() => desk.start({ month: '2026-08', against: ['yoy'], hold: false })).toThrow(
      '2026-08 is running already (task-1)',
    );
    await desk.close();
  });

  it('cancels what waits at once and what runs by its signal', async () => {
    const { work, started } = controlled();
    const desk = openRunDesk(work, now);
    const first = desk.start({ month: '2026-07', against: null, hold: false });
    const second = desk.start({ month: '2026-08', against: null, hold: false });
    expect(desk.cancel(second.id)).toBe(true);
    expect(desk.cancel(first.id)).toBe(true);
    await vi.waitFor(() =>
      expect(desk.tasks().map(({ status }) => status)).toEqual(['cancelled', 'cancelled']),
    );
    expect(started).toEqual(['2026-07']);
    expect(desk.cancel(first.id)).toBe(false);
  });

  it('says why a run failed, and goes on with the next', async () => {
    const desk = openRunDesk(async ({ month }) => {
      if (month === '2026-07') throw new Error('no scenes\nstack');
    }, now);
    desk.start({ month: '2026-07', against: null, hold: false });
    desk.start({ month: '2026-08', against: null, hold: false });
    await vi.waitFor(() =>
      expect(desk.tasks()).toMatchObject([{ status: 'failed', failure: 'no scenes' }, { status: 'done' }]),
    );
  });

  it('passes on what a run writes down, with the task and the stored run it belongs to', async () => {
    const line = { at: '2026-09-01T00:00:00.000Z', level: 'info', event: 'Run:Start', data: {} } as const;
    const desk = openRunDesk(async ({ hold }, { onNote }) => {
      if (hold) onNote(7, line);
    }, now);
    const notes: unknown[] = [];
    desk.watch({ task: () => {}, note: (note) => notes.push(note) });
    desk.start({ month: '2026-08', against: ['mom'], hold: true });
    await vi.waitFor(() => expect(desk.tasks()).toMatchObject([{ status: 'done', run: 7 }]));
    expect(notes).toEqual([{ task: 'task-1', run: 7, ...line }]);
  });

  it('closes by aborting what runs, and waits until it has ended', async () => {
    const { work } = controlled();
    const desk = openRunDesk(work, now);
    desk.start({ month: '2026-08', against: null, hold: false });
    await desk.close();
    expect(desk.tasks()).toMatchObject([{ status: 'cancelled' }]);
    expect(() => desk.start({ month: '2026-09', against: null, hold: false })).toThrow('closed');
  });
});
