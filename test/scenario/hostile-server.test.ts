import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { messageTypes } from '../../src/consent/messages/labels.ts';
import type { KeySink } from '../../src/web/host/session.ts';
import { playCase } from '../hostile/case.ts';
import { groups } from '../hostile/cases.ts';
import { notSent } from '../hostile/cases/kinds.ts';
import { expected, unspoken } from '../hostile/expected.ts';
import { createStage, untilSilentMs } from '../hostile/stage.ts';
import { docsFile, withTables } from '../hostile/table.ts';

const cases = groups.flatMap((group) => group.cases);

describe.each(groups)('$title: the server', ({ cases: own }) => {
  it.each(own)('$name', async (one) => {
    const { faults } = await playCase(one, expected[one.name] ?? unspoken);
    expect(faults).toEqual([]);
  });
});

describe('the cases', () => {
  it('have names of their own, and there is none without a row nor a row without one', () => {
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(expected).sort()).toEqual([...names].sort());
  });

  it('drop each message that is ever sent', () => {
    const dropped = messageTypes.filter((type) => expected[`drops every ${type}`] !== undefined);
    expect(dropped).toEqual(messageTypes.filter((type) => !notSent.has(type)));
  });

  it('are those of docs/hostile-server.md', () => {
    const page = readFileSync(docsFile, 'utf8');
    const squeezed = (text: string): string => text.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');
    expect(squeezed(page)).toBe(squeezed(withTables(page)));
  });
});

/** Rules that cannot fail would prove nothing. */
describe('the rules notice', () => {
  it('a key that the bridge has before a click', async () => {
    const stage = await createStage();
    await stage.ask();
    await stage.host.session.approve(stage.host.session.view.prompt!.requestHash);
    await stage.pass(2_000);
    expect(stage.broken).toContain('the bridge got a key that nobody gave it');
  });

  it('a member who goes on under the key that was taken away', async () => {
    const stage = await createStage();
    const { bob } = stage;
    await bob.leave();
    let frozen = false;
    const stubborn = (keys: KeySink): KeySink => ({
      setKey: (identity, slot, key) => (frozen ? Promise.resolve() : keys.setKey(identity, slot, key)),
      overwrite: () => Promise.resolve(),
    });
    stage.bob = await stage.room.member('Dora', {}, stubborn);
    await stage.ask();
    await stage.approve();
    await stage.pass(3_000);
    frozen = true;
    await stage.revoke();
    await stage.pass(untilSilentMs + 1_000);
    expect(stage.broken).toContain('the bridge can open what it may not hear');
  });
});
