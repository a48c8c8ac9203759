import type {
  LeadDisposition,
  LeadPriority,
  LeadStatus,
  LeadVerdict,
  RejectReason,
} from '../../vector/lead.js';

/** The national rule for satellite enforcement: every sheet, export and message says so. */
export const NOTICE = '本图斑为遥感监测线索，须经实地核查，不作为处罚证据';

export const DISPOSITIONS_ZH: Readonly<Record<LeadDisposition, string>> = {
  sent: '已下发',
  watch: '观察',
  permitted: '已许可',
  suppressed: '不再下发',
  withdrawn: '已撤回',
};

export const STATUSES_ZH: Readonly<Record<LeadStatus, string>> = {
  new: '待派发',
  assigned: '待核查',
  visited: '已到场',
  confirmed: '属实',
  rejected: '不属实',
  not_found: '未找到',
  closed: '已办结',
};

export const VERDICTS_ZH: Readonly<Record<LeadVerdict, string>> = {
  confirmed: '属实',
  rejected: '不属实',
  not_found: '未找到',
};

export const REASONS_ZH: Readonly<Record<RejectReason, string>> = {
  seasonal: '季节变化',
  re_roofed: '屋面翻新',
  permitted: '已有许可',
  temporary: '临时设施',
  cloud: '云',
  shadow: '阴影',
  misregistered: '影像错位',
  other: '其他',
};

export const PRIORITIES_ZH: Readonly<Record<LeadPriority, string>> = { high: '高', middle: '中', low: '低' };
