import { z } from 'zod';
import { LEAD_EVENT_KINDS } from '../../vector/lead.js';

/** Shorter secrets can be guessed. */
const SECRET_CHARACTERS = 16;

const Endpoint = z
  .strictObject({
    /** Deliveries are kept under it: another name is another receiver, which is told everything from the first. */
    name: z.string().regex(/^[\w-]{1,40}$/, 'expected letters, digits, - and _, at most 40'),
    url: z.string().refine(isWebAddress, 'expected http://… or https://… without user and password'),
    secret: z.string().min(SECRET_CHARACTERS, `expected ${SECRET_CHARACTERS} characters or more`).optional(),
    /** Name of the environment variable that holds the secret. */
    secretEnv: z.string().regex(/^\w+$/, 'expected the name of an environment variable').optional(),
    events: z.array(z.enum(LEAD_EVENT_KINDS)).min(1).optional(),
    /** Earlier events are not told. */
    since: z.iso.date('expected a day such as 2026-08-01').optional(),
  })
  .refine(({ secret, secretEnv }) => (secret === undefined) !== (secretEnv === undefined), {
    message: 'expected either secret or secretEnv',
  });

export type WebhookEndpoint = z.infer<typeof Endpoint>;

export const Webhooks = z
  .array(Endpoint)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'two webhooks have one name');

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}
