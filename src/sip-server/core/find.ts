import type { CoreFields } from '../message/inbound.ts';
import type { Core, Pending } from './core.ts';
import { dialogId, type Dialog } from './dialog.ts';

/** RFC 3261 §12.2.2: Call-ID and both tags, the remote one included. */
export function findDialog(core: Core, fields: CoreFields): Dialog | null {
  const [remote, local] = [fields.fromTag ?? '', fields.toTag ?? ''];
  for (const inviteTag of [remote, local]) {
    const dialog = core.dialogs.get(dialogId(fields.callId, inviteTag));
    if (dialog?.localTag === local && dialog.remoteTag === remote) return dialog;
  }
  return null;
}

/** The INVITE that we have answered provisionally only: its early dialog. */
export function earlyInvite(core: Core, fields: CoreFields): Pending | null {
  const pending = core.forming.get(dialogId(fields.callId, fields.fromTag ?? ''));
  return pending?.announced && pending.toTag === fields.toTag ? pending : null;
}
