import { Type } from 'typebox';
import { ok, refuse } from '../../base/result.ts';
import type { AdminPorts } from '../ports.ts';
import { operation, type Operation } from './operation.ts';
import { closed, idText } from './schemas.ts';

const ending = closed({
  ending: Type.Literal(true, {
    description: 'The caller is out of the meeting and hears why; the call is hung up after that.',
  }),
});

/** Ends one call: of an answered one the caller hears why, a phone that is being called rings no more. */
export function endOperations(ports: AdminPorts): readonly Operation[] {
  const end = {
    method: 'DELETE',
    tag: 'calls',
    role: 'operator',
    status: 202,
    answer: ending,
    problems: ['not-found', 'ledger-unavailable'],
  } as const;
  const answer = (leg: string | undefined) =>
    Promise.resolve(leg !== undefined && ports.endLeg(leg) ? ok({ ending: true }) : refuse('not-found'));
  return [
    operation({
      ...end,
      ...{ id: 'endCall', path: '/v1/calls/{call}' },
      summary: 'Ends a call that is going on, as deleting its leg does.',
      params: closed({ call: idText }),
      action: 'call-end',
      handle: ({ params }) =>
        answer(ports.live.calls.find(({ id, endedAt }) => id === params.call && endedAt === null)?.leg),
    }),
    operation({
      ...end,
      ...{ id: 'endLeg', path: '/v1/legs/{leg}' },
      summary:
        'Ends a leg: its caller leaves the meeting at once, hears that the operator ends the call, and is hung up. A phone that is being called rings no more.',
      params: closed({ leg: idText }),
      action: 'leg-end',
      handle: ({ params }) => answer(params.leg),
    }),
  ];
}
