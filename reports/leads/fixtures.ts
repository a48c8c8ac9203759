import type { Lead } from '../../vector/lead.js';
import type { Patch } from '../../vector/patch.js';
import { draftAt, GRID } from '../../vector/store/sample.js';
import type { LeadCase, LeadRun } from './case.js';

/** Made leads for the tests of this folder. */
export const RUN: LeadRun = {
  grid: GRID,
  beforeMonth: '2026-07',
  month: '2026-08',
  sensors: { before: ['高分二号 PMS'], after: ['高分二号 PMS'] },
};

export function madePatch(change: Partial<Patch> = {}): Patch {
  const draft = draftAt(100, 100, 30);
  return { number: '202608-M-440303003-10001', ...draft, filtering: null, areaM2: 900, ...change };
}

export function madeLead(change: Partial<Lead> = {}): Lead {
  const patch = change.patch ?? madePatch();
  return {
    number: patch.number,
    patch,
    month: '2026-08',
    disposition: 'sent',
    priority: 'high',
    reasons: [
      { rule: 'large', zh: '新增建筑，面积大于 500 平方米', en: 'new building over 500 m²' },
      { rule: 'zone', zh: '压占永久基本农田', en: 'on permanent farmland' },
    ],
    suspectedM2: 650.5,
    permits: [
      {
        number: '深规建许字〔2026〕0123号',
        authority: '深圳市规划和自然资源局罗湖管理局',
        level: '市级',
        date: '2026-03-02',
        validFrom: '2026-03-02',
        validTo: '2027-03-01',
        approvedM2: 1200,
        overlapM2: 249.5,
        valid: true,
      },
    ],
    zones: [{ kind: 'farmland', name: '清水河基本农田', overlapM2: 120.4 }],
    address: { text: '深圳市罗湖区东门街道解放路 2001 号', distanceM: 23 },
    cameras: [{ id: 'c1', name: '东门高点 3 号', distanceM: 412.3, bearing: 87 }],
    repeatOf: null,
    status: 'assigned',
    verdict: null,
    rejectReason: null,
    team: '东门街道执法队',
    due: '2026-09-15',
    createdAt: '2026-09-01T02:00:00.000Z',
    sentAt: '2026-09-01T02:00:00.000Z',
    visitedAt: null,
    ...change,
  };
}

export function madeCase(change: Partial<Lead> = {}): LeadCase {
  return { lead: madeLead(change), run: RUN };
}
