import { ok, refuse } from '../../base/result.ts';
import { meetingIdOf, parseRegistration, rankOf } from '../host/index.ts';
import type { CoHostSession, MemberSession, SessionOptions } from '../host/session.ts';
import { api } from './api.ts';
import type { Flow, FlowTools } from './flow.ts';
import { joinLink, parseJoinLink } from './link.ts';

export interface MemberSessions {
  readonly member: (options: SessionOptions) => MemberSession;
  /** For whoever's device key stands in the registration. */
  readonly coHost: (options: SessionOptions) => CoHostSession;
}

export function createMemberFlow(tools: FlowTools, sessions: MemberSessions): Flow {
  const link = parseJoinLink(location.pathname, location.hash);
  const read = async () => {
    if (link === null) return refuse('link-incomplete' as const);
    const info = await api.meeting(link.meetingId);
    if (!info.ok) return info;
    const { registration } = info.value;
    // The id in the link is the hash of the registration: a server cannot put another meeting in its place.
    const same = (await meetingIdOf(registration)) === link.meetingId;
    const parsed = parseRegistration(registration);
    if (!same || !parsed.ok) return refuse('meeting-changed' as const);
    return ok({
      link,
      info: info.value,
      coHost: rankOf(parsed.value, tools.device.publicKey) >= 0,
    });
  };
  return {
    role: 'member',
    async prepare() {
      const found = await read();
      if (!found.ok) return found;
      return ok({ resumes: false, operators: [], coHostPage: null, coHost: found.value.coHost });
    },
    async enter() {
      const found = await read();
      if (!found.ok) return found;
      const { info, coHost } = found.value;
      return ok({
        ...found.value.link,
        registration: info.registration,
        operators: info.operators,
        invitation: {
          link: joinLink(location.origin, found.value.link),
          ...info.dialIn,
          pin: null,
          pinChange: 'none',
        },
        store: tools.store(`member/${found.value.link.meetingId}`),
        createSession: coHost ? sessions.coHost : sessions.member,
      });
    },
    forget: () => Promise.resolve(),
  };
}
