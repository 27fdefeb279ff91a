import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { english } from '../../../src/web/pages/text/english.ts';

describe('names that the host library gives', () => {
  const folder = new URL('../../../src/web/', import.meta.url);
  const files = ['host/', ''].flatMap((sub) =>
    readdirSync(new URL(sub, folder))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(sub + name, folder), 'utf8')),
  );
  const named = (pattern: RegExp): readonly string[] => [
    ...new Set(files.flatMap((source) => [...source.matchAll(pattern)].map((match) => match[1]!))),
  ];

  it('all have words', () => {
    const events = named(/\.history\(\s*'([a-z-]+)'/g);
    const alarms = [...named(/\.alarm\(\s*'([a-z-]+)'/g), ...named(/onAlarm\('([a-z-]+)'/g)];
    expect(events.length).toBeGreaterThan(15);
    expect(alarms.length).toBeGreaterThan(6);
    expect(events.filter((name) => !Object.hasOwn(english.history.events, name))).toEqual([]);
    expect(alarms.filter((name) => !Object.hasOwn(english.alarms, name))).toEqual([]);
  });
});
