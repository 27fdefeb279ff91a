import { ok, refuse } from '../../base/result.ts';
import { buildRegistration, meetingIdOf } from '../host/index.ts';
import type { HostSession, SessionOptions } from '../host/session.ts';
import { api, type RoomPin } from './api.ts';
import type { Entry, Flow, FlowTools } from './flow.ts';
import { forgetMeeting, keepMeeting, keptMeeting, type KeptMeeting } from './kept-meeting.ts';
import { keyOfCode } from './co-host-code.ts';
import { claimOf, coHostPage, joinLink } from './link.ts';
import { drawPin, pinNews, watchPin } from './newest-pin.ts';
import type { Invitation, MeetingPlan, Operator } from './view.ts';

/**
 * Only one tab of this browser hosts a meeting: two would start one instance after the other, each locking out the first.
 * The lock is held until the page is gone.
 */
function holdTheOnlyTab(meetingId: string): Promise<boolean> {
  return new Promise((resolve) => {
    const held = navigator.locks.request(`latchkey-host-${meetingId}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<void>(() => undefined);
    });
    held.catch(() => resolve(false));
  });
}

/** The claim works once and is of no use after it: it leaves the address bar, where others could read it. */
function dropClaim(): void {
  history.replaceState(null, '', location.pathname);
}

/** Behind the host's own key, in the order of the list: that is their rank. */
function coHostKeys(plan: MeetingPlan): readonly Uint8Array<ArrayBuffer>[] {
  return plan.coHosts.map(keyOfCode).filter((key) => key !== null);
}

export function createHostFlow(
  tools: FlowTools,
  createSession: (options: SessionOptions) => HostSession,
): Flow {
  const page = tools.store('host');
  const claim = claimOf(location.hash);
  let kept: KeptMeeting | null = null;
  let operators: readonly Operator[] = [];
  let holding = false;

  const invitationOf = (meeting: KeptMeeting, pinChange: Invitation['pinChange']): Invitation => ({
    ...{ link: joinLink(location.origin, meeting), ...meeting.dialIn, pinChange },
    pin: pinChange === 'replaced' ? null : meeting.pin,
  });
  const entryOf = (meeting: KeptMeeting): Entry => ({
    ...meeting,
    invitation: invitationOf(meeting, 'none'),
    store: tools.store(`host/${meeting.meetingId}`),
    createSession,
  });

  const onPin =
    (onInvitation: (invitation: Invitation) => void) =>
    (told: RoomPin): void => {
      if (kept === null) return;
      const news = pinNews(kept, told);
      if (news.kind !== 'replaced' && news.known !== kept) {
        kept = { ...kept, ...news.known };
        void keepMeeting(page, kept);
      }
      if (news.kind !== 'same') onInvitation(invitationOf(kept, news.kind));
    };

  return {
    role: 'host',
    async prepare() {
      const last = await keptMeeting(page);
      const resumes = last !== null && (claim === null || claim === last.claim);
      if (resumes) {
        const known = await api.meeting(last.meetingId);
        if (known.ok) {
          // How it is reached may have changed since it was claimed.
          kept = { ...last, dialIn: known.value.dialIn };
          dropClaim();
          return ok({ resumes: true, operators: last.operators, coHostPage: null, coHost: false });
        }
        if (known.reason !== 'meeting-unknown') return known;
        await forgetMeeting(page);
      }
      if (claim === null) return refuse('no-claim');
      const setup = await api.setup();
      if (!setup.ok) return setup;
      operators = setup.value;
      return ok({
        resumes: false,
        operators,
        coHostPage: coHostPage(location.origin),
        coHost: false,
      });
    },
    async enter(name, plan) {
      if (kept === null) {
        if (claim === null) return refuse('no-claim');
        const registration = buildRegistration({
          salt: tools.random(16),
          hosts: [tools.device.publicKey, ...coHostKeys(plan)],
          operators: operators.map((operator) => operator.thumbprint),
          onHostChange: plan.onHostChange,
        });
        const claimed = await api.claim(claim, registration, name);
        if (!claimed.ok) return claimed;
        const meetingId = await meetingIdOf(registration);
        if (claimed.value.meetingId !== meetingId) return refuse('meeting-changed');
        const { pin, pinId, dialIn } = claimed.value;
        const inviteSecret = tools.random(16);
        kept = { claim, meetingId, registration, inviteSecret, pin, pinId, dialIn, operators };
        await keepMeeting(page, kept);
        dropClaim();
      }
      holding ||= await holdTheOnlyTab(kept.meetingId);
      return holding ? ok(entryOf(kept)) : refuse('other-tab');
    },
    follow(clock, onInvitation) {
      if (kept === null) return () => undefined;
      const { meetingId } = kept;
      return watchPin({ api, device: tools.device, meetingId, clock, onPin: onPin(onInvitation) });
    },
    async drawPin(onInvitation) {
      if (kept === null) return false;
      const { meetingId } = kept;
      return drawPin({ api, device: tools.device, meetingId, onPin: onPin(onInvitation) });
    },
    forget: () => forgetMeeting(page),
  };
}
