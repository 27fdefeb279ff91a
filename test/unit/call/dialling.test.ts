import { expect, it } from 'vitest';
import type { LegId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import type { DialDesk } from '../../../src/call/dial-policy.ts';
import { Dialling, type CalleeLeg } from '../../../src/call/dialling.ts';
import { CallFailed, type OutgoingCall } from '../../../src/sip/gateway.ts';

/** One phone that rings until it is answered or given up. */
function stage() {
  const happened: string[] = [];
  const answer = Promise.withResolvers<{ end(): void }>();
  const call = {
    transport: 'udp',
    invite: () => answer.promise,
    cancel: () => {
      happened.push('cancel');
      answer.reject(new CallFailed('cancelled'));
    },
  } as unknown as OutgoingCall;
  const seat = { number: '+4930123', leave: () => happened.push('seat free') };
  const dialling = new Dialling({
    log: createLog('test', 'silent'),
    desk: { admit: () => ({ ok: true, value: seat }) } as unknown as DialDesk,
    place: () => call,
    announcement: [],
  });
  const legId = 'leg' as LegId;
  const leg: CalleeLeg['leg'] = {
    start: () => void happened.push('started'),
    event: ({ kind }) => void happened.push(kind),
    end(reason) {
      happened.push(`end ${reason}`);
      dialling.ended(legId, reason);
    },
  };
  const callee = { leg, local: {}, handlers: {}, onAnswered: () => undefined } as unknown as CalleeLeg;
  const room = {
    bridge: {
      dialled: ({ state, reason }: { state: string; reason: string }) =>
        void happened.push(`${state} ${reason}`.trim()),
      hostExpected: true,
    },
    meetingId: null,
  };
  const over = dialling.dial(legId, '+4930123', room, () => Promise.resolve(callee));
  return { dialling, happened, legId, over, answered: () => answer.resolve({ end: () => undefined }) };
}

it('an operator gives up a phone that rings: it rings no more, the host is told, and its place is free', async () => {
  const { dialling, happened, legId, over } = stage();
  expect(dialling.abandon('another' as LegId)).toBe(false);
  expect(dialling.abandon(legId)).toBe(true);
  await over;
  expect(happened).toEqual(['cancel', 'calling', 'over cancelled', 'end not-answered', 'seat free']);
  expect(dialling.abandon(legId)).toBe(false);
});

it('who has answered is no phone that rings: his leg is ended like any other', async () => {
  const { dialling, happened, legId, over, answered } = stage();
  answered();
  await over;
  expect(dialling.abandon(legId)).toBe(false);
  expect(happened).toEqual(['calling', 'answered', 'started']);
});
