import { z } from 'zod';

/** What a user may be called: Chinese names too. */
export const UserName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u, 'expected letters, digits and . _ @ -, e.g. wang.wei');
