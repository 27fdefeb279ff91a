import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KeySink } from '../../src/web/host/session.ts';
import { playCase } from '../hostile/case.ts';
import { groups } from '../hostile/cases.ts';
import { expected } from '../hostile/expected.ts';
import { createStage, untilSilentMs } from '../hostile/stage.ts';
import { docsFile, withTables } from '../hostile/table.ts';

const cases = groups.flatMap((group) => group.cases);

describe.each(groups)('$title: the server', ({ cases: own }) => {
  it.each(own)('$name', async (one) => {
    const { faults } = await playCase(one, expected[one.name] ?? null);
    expect(faults).toEqual([]);
  });
});

describe('the cases', () => {
  it('have names of their own; a row belongs to a case, and only a new kind of message may be without', () => {
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(Object.keys(expected)));
    const without = names.filter((name) => expected[name] === undefined);
    expect(without.filter((name) => !name.startsWith('drops every '))).toEqual([]);
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
