import { Type } from 'typebox';
import { ok } from '../../base/result.ts';
import type { AdminPorts } from '../ports.ts';
import { operation, type Operation } from './operation.ts';
import { closed } from './schemas.ts';

const keys = (description: string) => Type.Array(Type.String(), { description });

/** The configuration in force, and a changed file taken up. */
export const configOperations = (ports: AdminPorts): readonly Operation[] => [
  operation({
    ...{ id: 'getConfig', method: 'GET', path: '/v1/config', tag: 'configuration' },
    ...{ role: 'auditor', status: 200 },
    summary: 'The configuration in force, secrets masked.',
    answer: Type.Record(Type.String(), Type.Unknown()),
    problems: [],
    handle: () => Promise.resolve(ok(ports.config())),
  }),
  operation({
    ...{ id: 'reloadConfig', method: 'POST', path: '/v1/config/reload', tag: 'configuration' },
    ...{ role: 'operator', status: 200 },
    summary:
      'Reads the configuration file again, as SIGHUP does: takes up what may change without a restart, all of it or nothing.',
    answer: closed({
      changed: keys('Keys whose new value is in force.'),
      needRestart: keys('Keys that differ in the file and stay as they were until a restart.'),
    }),
    action: 'config-reload',
    problems: ['config-invalid', 'ledger-unavailable'],
    handle: () => Promise.resolve(ports.reload()),
  }),
];
