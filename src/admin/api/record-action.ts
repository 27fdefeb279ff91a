import { randomBytes } from 'node:crypto';
import { personalCommitment } from '../../ledger/commitment.ts';
import type { NewEntry } from '../../ledger/event.ts';
import type { Principal } from '../role.ts';
import type { Action } from './operation.ts';

/**
 * The ledger's leaf of an operator's action. A key stands by its id, which is nobody's name; a person stands as a commitment,
 * with issuer and subject in the side table, from which they can be erased.
 */
export function actionEntry(action: Action, { kind, role, id }: Principal, target: string | null): NewEntry {
  const about = { action, role, ...(target === null ? {} : { target }) };
  if (kind === 'key') return { type: 'admin-action', data: { ...about, by: id } };
  const salt = randomBytes(16);
  return {
    type: 'admin-action',
    data: { ...about, by: personalCommitment(salt, id) },
    personal: [{ name: 'operator', salt: salt.toString('base64url'), value: id }],
  };
}
