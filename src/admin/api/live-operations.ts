import { version } from '../../base/version.ts';
import { ok, refuse } from '../../base/result.ts';
import type { AdminPorts } from '../ports.ts';
import { operation, type Operation } from './operation.ts';
import { pageBy, pageOf } from './paging.ts';
import { bridge, call, closed, idText, leg, page, pageQuery, status, trunk } from './schemas.ts';

/** What is going on, for whoever may look. */
export function liveOperations(ports: AdminPorts): readonly Operation[] {
  const { live } = ports;
  const look = { method: 'GET', role: 'reader', status: 200, problems: [] } as const;
  return [
    operation({
      ...look,
      ...{
        id: 'getStatus',
        path: '/v1/status',
        tag: 'state',
        summary: 'Whether calls are taken, and why not.',
      },
      answer: status,
      async handle({ principal: { role } }) {
        const { ready, reasons } = await ports.readiness();
        const { startedAt, draining } = ports.state();
        const now = { version, startedAt, ready, reasons, draining, role };
        return ok({ ...now, legs: live.legs.length, bridges: live.bridges.length });
      },
    }),
    operation({
      ...look,
      ...{ id: 'listCalls', path: '/v1/calls', tag: 'calls' },
      summary: 'The last thousand answered calls of this process, newest first.',
      query: pageQuery,
      answer: page(call),
      problems: ['cursor-invalid'],
      handle: ({ query }) => Promise.resolve(pageOf(live.calls, query)),
    }),
    operation({
      ...look,
      ...{ id: 'getCall', path: '/v1/calls/{call}', tag: 'calls', summary: 'One of them.' },
      params: closed({ call: idText }),
      answer: call,
      problems: ['not-found'],
      handle: ({ params }) => Promise.resolve(found(live.calls.find(({ id }) => id === params.call))),
    }),
    operation({
      ...look,
      ...{ id: 'listLegs', path: '/v1/legs', tag: 'calls', summary: 'Phone legs now, newest first.' },
      query: pageQuery,
      answer: page(leg),
      problems: ['cursor-invalid'],
      handle: ({ query }) => Promise.resolve(pageOf([...live.legs].reverse(), query)),
    }),
    operation({
      ...look,
      ...{ id: 'getLeg', path: '/v1/legs/{leg}', tag: 'calls', summary: 'One leg, with its quality.' },
      params: closed({ leg: idText }),
      answer: leg,
      problems: ['not-found'],
      handle: ({ params }) => Promise.resolve(found(live.legs.find(({ id }) => id === params.leg))),
    }),
    operation({
      ...look,
      ...{ id: 'listBridges', path: '/v1/bridges', tag: 'calls' },
      summary: 'Bridges in meetings now, newest first.',
      query: pageQuery,
      answer: page(bridge),
      problems: ['cursor-invalid'],
      handle: ({ query }) =>
        Promise.resolve(pageBy([...live.bridges].reverse(), query, ({ meeting }) => meeting)),
    }),
    operation({
      ...look,
      ...{ id: 'listTrunks', path: '/v1/trunks', tag: 'trunks' },
      summary: 'Trunks with calls, health and registrations, as configured.',
      query: pageQuery,
      answer: page(trunk),
      problems: ['cursor-invalid'],
      handle: ({ query }) => Promise.resolve(pageBy(ports.trunks(), query, ({ name }) => name)),
    }),
  ];
}

const found = <T>(value: T | undefined) => (value === undefined ? refuse('not-found') : ok(value));
