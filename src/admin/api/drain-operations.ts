import { Type } from 'typebox';
import { ok, refuse } from '../../base/result.ts';
import type { AdminPorts } from '../ports.ts';
import { operation, type Operation } from './operation.ts';
import { closed } from './schemas.ts';

export function drainOperations(ports: AdminPorts): readonly Operation[] {
  return [
    operation({
      ...{ id: 'drain', method: 'POST', path: '/v1/drain', tag: 'state', role: 'operator', status: 202 },
      summary:
        'Takes no new calls, tells callers, ends calls by the deadline. There is no way back but a restart.',
      body: closed({
        deadlineSeconds: Type.Integer({
          description: 'Calls that last longer are ended.',
          minimum: 1,
          maximum: 3_600,
        }),
      }),
      answer: closed({ draining: Type.Literal(true), legs: Type.Integer() }),
      action: 'drain',
      problems: ['already-draining', 'ledger-unavailable'],
      handle({ body }) {
        if (ports.state().draining) return Promise.resolve(refuse('already-draining'));
        const legs = ports.live.legs.length;
        ports.drain(body.deadlineSeconds * 1_000);
        return Promise.resolve(ok({ draining: true, legs }));
      },
    }),
  ];
}
