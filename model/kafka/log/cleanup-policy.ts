/** What cleanup.policy says: one of `delete` and `compact`, or both. */
import type { TopicSettings } from '../cluster-spec.js';

type Policy = Pick<TopicSettings, 'cleanup.policy'>;

/** Records that a later one of the same key supersedes are removed. */
export function isCompacted(settings: Policy): boolean {
  return settings['cleanup.policy'].includes('compact');
}

/** Segments go by time and size; DeleteRecords is allowed. */
export function isDeleted(settings: Policy): boolean {
  return settings['cleanup.policy'].includes('delete');
}
