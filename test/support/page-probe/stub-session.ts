import { toBase64url, utf8 } from '../../../src/base/bytes.ts';
import type {
  CoHostSession,
  HostSession,
  MeetingView,
  SessionOptions,
} from '../../../src/web/host/session.ts';

/**
 * A session without a protocol, for tests of the pages alone: everybody with the same link derives the same keys and is in.
 * It can be told to show anything by messages that begin with "show ".
 */
export const createStubHost = (options: SessionOptions): HostSession => stub('host', options).host;
export const createStubCoHost = (options: SessionOptions): CoHostSession => stub('co-host', options).coHost;

function stub(
  first: 'host' | 'co-host',
  options: SessionOptions,
): { readonly host: HostSession; readonly coHost: CoHostSession } {
  let role: MeetingView['role'] = first;
  const me = `p-${toBase64url(options.joinId)}`;
  const listeners = new Set<(view: MeetingView) => void>();
  const names = new Map([[me, options.displayName]]);
  const calls = ((globalThis as { stubCalls?: string[] }).stubCalls ??= []);
  const note = (what: string): Promise<void> => {
    calls.push(what);
    return Promise.resolve();
  };
  let present: readonly string[] = [];
  let epoch = 1;
  let extra: Partial<MeetingView> = {};
  const view = (): MeetingView => ({
    meetingId: 'stub',
    role,
    phase: 'in-meeting',
    hostPresent: true,
    epoch,
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
    dials: [],
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
    // New keys when somebody has left, as in a real meeting.
    if (present.some((identity) => !identities.includes(identity))) epoch++;
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
  const base = {
    subscribe(listener: (view: MeetingView) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async start() {
      await options.keys.setKey(me, 1, await keyOf(me));
    },
    close: (reason?: string) => note(`close ${reason ?? ''}`),
    approve: async (hash: string) => {
      await note(`approve ${hash}`);
      throw new Error('changed');
    },
    deny: (hash: string) => note(`deny ${hash}`),
    revoke: (bridge: string) => note(`revoke ${bridge}`),
    endLeg: (bridge: string, leg: string) => note(`end-leg ${bridge} ${leg}`),
    muteLeg: (bridge: string, leg: string, muted: boolean) =>
      note(`mute-leg ${bridge} ${leg} ${String(muted)}`),
    setLocked: (locked: boolean) => note(`lock ${String(locked)}`),
    admitMember: (identity: string) => note(`admit ${identity}`),
    refuseMember: (identity: string) => note(`refuse ${identity}`),
    removeMember: (identity: string) => note(`remove ${identity}`),
    invitePhone: async (number: string) => {
      await note(`invite ${number}`);
      return 'dial-1';
    },
    cancelInvite: (dialId: string) => note(`cancel ${dialId}`),
  };
  const host: HostSession = {
    get view() {
      return view();
    },
    ...base,
    end: () => note('end'),
    evidence: () => Promise.resolve(utf8('{"evidence":true}\n')),
  };
  const coHost: CoHostSession = {
    get view() {
      return view();
    },
    ...base,
    takeOver() {
      role = 'host';
      extra = { ...extra, hostPresent: true };
      return Promise.resolve(host);
    },
  };
  return { host, coHost };
}
