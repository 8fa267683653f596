import { dataKeys, every } from '@leadstream/service/config';
import { webhooks } from '@leadstream/service/webhooks/config';
import { z } from 'zod';

export const config = z.object({ ...every(3016), ...dataKeys, ...webhooks });
export type Config = z.infer<typeof config>;
