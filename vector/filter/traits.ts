import type { ChangeClassName } from '../../kernels/classes.js';

/**
 * What a run measures of a patch besides its shape, 0-1 (jobs/patch-evidence.ts): how surely its ground has changed at all, and of
 * the ground around it the share that is built up and that is forest or other green after. Absent where it could not be measured.
 */
export const EVIDENCE_NAMES = ['magnitude', 'builtAround', 'greenAround'] as const;
export type EvidenceName = (typeof EVIDENCE_NAMES)[number];
export type PatchEvidence = Readonly<Partial<Record<EvidenceName, number>>>;

/** What a filter knows of a patch: nothing of it tells what anybody found there. */
export interface Judgeable {
  readonly number: string;
  readonly class: ChangeClassName;
  /** First seen in, YYYY-MM. */
  readonly month: string;
  /** The kilometre it lies in: ground for cross-validation. */
  readonly ground: string;
  readonly areaM2: number;
  /** Polsby-Popper, 0-1. */
  readonly compactness: number;
  /** Length over width of the smallest rectangle around it, 1 and more. */
  readonly elongation: number;
  /** Share of that rectangle that it fills, 0-1. */
  readonly fill: number;
  /** 0-1. */
  readonly confidence: number;
  readonly toBare: boolean;
  /** Least share of it that looks of later months, and of earlier ones, still show changed, 0-1; null without a look. */
  readonly laterHolding: number | null;
  readonly earlierHolding: number | null;
  /** Verdicts of earlier months within 150 m. */
  readonly rejectedNear: number;
  readonly confirmedNear: number;
  /** Other patches of its month within 60 m. */
  readonly neighbours: number;
  readonly evidence: PatchEvidence;
}

/** How one side of a trait is told to people. */
export interface Said {
  readonly zh: string;
  readonly en: string;
}

export interface Trait {
  readonly name: string;
  /** Null where it is not known: then it says nothing. */
  value(patch: Judgeable): number | null;
  readonly low: Said;
  readonly high: Said;
}

const logit = (share: number) => {
  const p = Math.min(0.99, Math.max(0.01, share));
  return Math.log(p / (1 - p));
};
const monthOfYear = ({ month }: Judgeable) => (2 * Math.PI * (Number(month.slice(5, 7)) - 1)) / 12;
const evidence = (name: EvidenceName) => (patch: Judgeable) => patch.evidence[name] ?? null;
const said = (zh: string, en: string): Said => ({ zh, en });

/** The columns of the regression. Scales are evened out when it is fitted. */
export const TRAITS: readonly Trait[] = [
  {
    name: 'area',
    value: ({ areaM2 }) => Math.log10(Math.max(1, areaM2)),
    low: said('面积小', 'small'),
    high: said('面积大', 'large'),
  },
  {
    name: 'compactness',
    value: ({ compactness }) => compactness,
    low: said('轮廓破碎', 'of ragged outline'),
    high: said('轮廓规整', 'of compact outline'),
  },
  {
    name: 'elongation',
    value: ({ elongation }) => Math.log(Math.max(1, elongation)),
    low: said('近方形', 'nearly square'),
    high: said('细长', 'long and narrow'),
  },
  {
    name: 'fill',
    value: ({ fill }) => fill,
    low: said('形状不规则', 'of irregular shape'),
    high: said('近矩形', 'nearly a rectangle'),
  },
  {
    name: 'confidence',
    value: ({ confidence }) => logit(confidence),
    low: said('置信度低', 'of low confidence'),
    high: said('置信度高', 'of high confidence'),
  },
  {
    name: 'toBare',
    value: ({ toBare }) => Number(toBare),
    low: said('未转为裸地', 'not turned bare'),
    high: said('转为裸地', 'turned bare'),
  },
  {
    name: 'laterHolding',
    value: ({ laterHolding }) => laterHolding,
    low: said('后续影像仅部分显示', 'seen only in part by later months'),
    high: said('后续影像完整显示', 'seen whole by later months'),
  },
  {
    name: 'earlierHolding',
    value: ({ earlierHolding }) => earlierHolding,
    low: said('较早影像仅部分显示', 'seen only in part against earlier months'),
    high: said('较早影像完整显示', 'seen whole against earlier months'),
  },
  {
    name: 'history',
    // two imagined verdicts, one each way, so that a single one does not decide
    value: ({ rejectedNear, confirmedNear }) => Math.log((rejectedNear + 1) / (confirmedNear + 1)),
    low: said('附近此前多属实', 'near ground that was confirmed before'),
    high: said('附近此前多不属实', 'near ground that was rejected before'),
  },
  {
    name: 'neighbours',
    value: ({ neighbours }) => Math.log1p(neighbours),
    low: said('周围无其他变化', 'alone'),
    high: said('周围变化密集', 'among many other changes'),
  },
  {
    name: 'magnitude',
    value: evidence('magnitude'),
    low: said('变化强度弱', 'of weak change'),
    high: said('变化强度强', 'of strong change'),
  },
  {
    name: 'builtAround',
    value: evidence('builtAround'),
    low: said('周边非建成区', 'outside built-up ground'),
    high: said('位于建成区', 'within built-up ground'),
  },
  {
    name: 'greenAround',
    value: evidence('greenAround'),
    low: said('周边植被少', 'with little green around'),
    high: said('周边植被多', 'with much green around'),
  },
];

/** The season, on a circle: December lies beside January. Told by the month's name. */
export const SEASON: readonly Trait[] = [
  {
    name: 'seasonSin',
    value: (patch) => Math.sin(monthOfYear(patch)),
    low: said('', ''),
    high: said('', ''),
  },
  {
    name: 'seasonCos',
    value: (patch) => Math.cos(monthOfYear(patch)),
    low: said('', ''),
    high: said('', ''),
  },
];
