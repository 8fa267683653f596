import type { Sequence } from '@leadstream/sequences/definition';
import { previewOf, type PreviewStep } from '@leadstream/sequences/preview';
import { diffOf, type FileDiff } from '@leadstream/service/sequence-diff';
import type { SequenceStore } from '@leadstream/service/sequence-store';
import type { Config } from './config.ts';
import type { SequenceVersion } from './sequence-schemas.ts';

export type Waiting = { count: number; more: boolean } | null;
type Store = Pick<SequenceStore, 'routes' | 'reps'>;

/** Its mails to example leads, with the names and addresses of now. */
export function previewed(sequence: Sequence, { routes, reps }: Store, config: Config): PreviewStep[] {
  const { FROM_NAME = 'Sender', POSTAL_ADDRESS = 'Postal address', BOOKING_URL = 'https://booking.example' } = config;
  const folder = {
    sequences: [sequence],
    ...(routes ? { routes } : {}),
    ...(reps.length > 0 ? { reps: { id: 'reps' as const, version: 1, reps: [...reps] } } : {}),
  };
  const settings = {
    fromName: FROM_NAME,
    postalAddress: POSTAL_ADDRESS,
    bookingUrl: BOOKING_URL,
    publicUrl: 'https://example.com',
  };
  return previewOf(folder, settings)[0]?.steps ?? [];
}

export function versionShown(
  sequence: Sequence,
  store: Store,
  config: Config,
  waiting: readonly Waiting[],
): Omit<SequenceVersion, 'changes'> {
  const { id, version, name, description, rank, triggers, steps } = sequence;
  const previews = previewed(sequence, store, config);
  return {
    id,
    version,
    name,
    description,
    rank,
    triggers,
    steps: steps.map((step, index) => ({
      id: step.id,
      audience: step.audience,
      wait: step.wait ?? null,
      window: typeof step.window === 'string' ? step.window : JSON.stringify(step.window),
      when: step.when ? JSON.stringify(step.when) : null,
      thread: step.thread === true,
      variants: step.variants?.length ?? 0,
      waiting: waiting[index] ?? null,
      mails: previews
        .filter((preview) => preview.step.id === step.id)
        .flatMap(({ step: { action: template }, mails }) =>
          mails.map(({ lead, tags, mail, fault }) => ({
            lead,
            template,
            tags,
            subject: mail?.subject ?? null,
            text: mail?.text ?? null,
            fault: fault ?? null,
          })),
        ),
    })),
  };
}

export const changesOf = (before: Sequence, after: Sequence): FileDiff[] => diffOf(before, after);
