import { expect, it } from 'vitest';
import { checkRules } from '../../../docker/check-rules.ts';

it('alert rules and dashboard name metrics that there are, and promtool, where it is, takes the rules and their tests', () => {
  expect(checkRules().faults).toEqual([]);
});
