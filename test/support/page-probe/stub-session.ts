import { toBase64url, utf8 } from '../../../src/base/bytes.ts';
import type { HostSession, MeetingView, SessionOptions } from '../../../src/web/host/session.ts';

/**
 * A session without a protocol, for tests of the pages alone: everybody with the same link derives the same keys and is in.
 * It can be told to show anything by messages that begin with "show ".
 */
export function createStubSession(role: 'host' | 'member', options: SessionOptions): HostSession {
  const me = `p-${toBase64url(options.joinId)}`;
  const listeners = new Set<(view: MeetingView) => void>();
  const names = new Map([[me, options.displayName]]);
  const calls = ((globalThis as { stubCalls?: string[] }).stubCalls ??= []);
  const note = (what: string): Promise<void> => {
    calls.push(what);
    return Promise.resolve();
  };
  let present: readonly string[] = [];
  let extra: Partial<MeetingView> = {};
  const view = (): MeetingView => ({
    meetingId: 'stub',
    role,
    phase: 'in-meeting',
    hostPresent: true,
    epoch: 1,
    members: [me, ...present].map((identity) => ({
      identity,
      name: names.get(identity) ?? 'somebody',
      thumbprint: identity,
      isHost: false,
      isMe: identity === me,
      isCoHost: false,
      holdsKey: true,
    })),
    bridges: [],
    prompt: null,
    history: [],
    alarms: [],
    locked: false,
    knocking: [],
    onHostChange: 'ask-again',
    ...extra,
  });
  const show = (): void => {
    for (const listener of listeners) listener(view());
  };
  const keyOf = async (identity: string): Promise<Uint8Array> =>
    new Uint8Array(
      await crypto.subtle.digest('SHA-256', new Uint8Array([...options.inviteSecret, ...utf8(identity)])),
    );
  options.channel.onPresence((identities) => {
    present = identities;
    void (async () => {
      for (const identity of identities) await options.keys.setKey(identity, 1, await keyOf(identity));
    })();
    options.channel.send(utf8(`name ${options.displayName}`));
    show();
  });
  options.channel.onMessage((from, payload) => {
    const words = new TextDecoder().decode(payload);
    if (words.startsWith('name ')) names.set(from, words.slice(5));
    show();
  });
  (globalThis as { stubShow?: (change: Partial<MeetingView>) => void }).stubShow = (change) => {
    extra = { ...extra, ...change };
    show();
  };
  return {
    get view() {
      return view();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async start() {
      await options.keys.setKey(me, 1, await keyOf(me));
    },
    close: (reason) => note(`close ${reason ?? ''}`),
    approve: async (hash) => {
      await note(`approve ${hash}`);
      throw new Error('changed');
    },
    deny: (hash) => note(`deny ${hash}`),
    revoke: (bridge) => note(`revoke ${bridge}`),
    endLeg: (bridge, leg) => note(`end-leg ${bridge} ${leg}`),
    muteLeg: (bridge, leg, muted) => note(`mute-leg ${bridge} ${leg} ${String(muted)}`),
    setLocked: (locked) => note(`lock ${String(locked)}`),
    admitMember: (identity) => note(`admit ${identity}`),
    refuseMember: (identity) => note(`refuse ${identity}`),
    removeMember: (identity) => note(`remove ${identity}`),
    end: () => note('end'),
    evidence: () => Promise.resolve(null),
  };
}
