import { z } from 'zod';

/** Key `schedule` of `tuban.json`: when the monthly run is due, and where its scenes come from (docs/operations.md). */
export const ScheduleConfig = z.strictObject({
  /** Day of the month; in a shorter month its last one. */
  day: z.number().int().min(1).max(31).default(5),
  /** Local time. */
  time: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected hours and minutes, e.g. 03:00')
    .default('03:00'),
  /** Zone of day and time; the configuration's own `timeZone` where absent. */
  timeZone: z.string().refine(isTimeZone, 'expected a time zone such as Asia/Shanghai').optional(),
  /** How many months back the month lies that is due on the day: 1 is the month before. */
  monthsBack: z.number().int().min(0).max(3).default(1),
  against: z
    .array(z.enum(['mom', 'yoy']))
    .min(1)
    .optional(),
  /** Months that are looked at, back from the latest due one: what was missed while the machine was off. */
  catchUpMonths: z.number().int().min(1).max(240).default(6),
  /** Least share of usable pixels; with fewer the run waits for better scenes … */
  leastUsable: z.number().min(0).max(1).default(0.3),
  /** … so many days after it was due, then it is published with a note. */
  waitDays: z.number().int().min(0).max(60).default(10),
  /** Tries of a month with the same scenes before it is left to a person. */
  attempts: z.number().int().min(1).max(20).default(5),
  /** How often the clock looks. */
  everyMinutes: z.number().min(0.05).max(1440).default(10),
  /** Folder watched for new GeoTIFFs, with its subfolders. */
  inbox: z.string().min(1).optional(),
  /** A file is complete when its size has not changed for so long. */
  settleSeconds: z.number().min(0).max(86_400).default(120),
  /** Addresses that answer with a STAC ItemCollection: a search, or a collection's items. */
  stac: z
    .array(z.string().refine(isWebAddress, 'expected an address such as https://host/search?collections=…'))
    .default([]),
});
export type ScheduleConfig = z.infer<typeof ScheduleConfig>;

const SECRET_CHARACTERS = 16;

/** Key `alert`: who is told when a run fails or is late. */
export const AlertConfig = z
  .strictObject({
    url: z.string().refine(isWebAddress, 'expected http://… or https://…'),
    secret: z.string().min(SECRET_CHARACTERS, `expected ${SECRET_CHARACTERS} characters or more`).optional(),
    /** Name of the environment variable that holds the secret. */
    secretEnv: z.string().regex(/^\w+$/, 'expected the name of an environment variable').optional(),
  })
  .refine(({ secret, secretEnv }) => (secret === undefined) !== (secretEnv === undefined), {
    message: 'expected either secret or secretEnv',
  });
export type AlertConfig = z.infer<typeof AlertConfig>;

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
