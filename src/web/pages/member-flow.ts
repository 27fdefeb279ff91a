import { ok, refuse } from '../../base/result.ts';
import { meetingIdOf } from '../../consent/messages/registration.ts';
import type { MemberSession, SessionOptions } from '../host/session.ts';
import { api } from './api.ts';
import type { Flow, FlowTools } from './flow.ts';
import { joinLink, parseJoinLink } from './link.ts';

export function createMemberFlow(
  tools: FlowTools,
  createSession: (options: SessionOptions) => MemberSession,
): Flow {
  const link = parseJoinLink(location.pathname, location.hash);
  const read = async () => {
    if (link === null) return refuse('link-incomplete' as const);
    const info = await api.meeting(link.meetingId);
    if (!info.ok) return info;
    // The id in the link is the hash of the registration: a server cannot put another meeting in its place.
    const same = (await meetingIdOf(info.value.registration)) === link.meetingId;
    return same ? ok({ link, info: info.value }) : refuse('meeting-changed' as const);
  };
  return {
    role: 'member',
    async prepare() {
      const found = await read();
      return found.ok ? ok({ resumes: false, operators: [] }) : found;
    },
    async enter() {
      const found = await read();
      if (!found.ok) return found;
      const { info } = found.value;
      return ok({
        ...found.value.link,
        registration: info.registration,
        operators: info.operators,
        invitation: { link: joinLink(location.origin, found.value.link), ...info.dialIn, pin: null },
        store: tools.store(`member/${found.value.link.meetingId}`),
        createSession,
      });
    },
    forget: () => Promise.resolve(),
  };
}
