import type { Findings } from './findings.ts';
import { dataTexts, type Leaf } from './leaf.ts';

/** The writer's starts and ends, its clocks, and whether a crash was followed by a recovery that closed everything. */
export interface RunCheck {
  leaf(leaf: Leaf): void;
  /** A leaf whose content is gone: what follows it cannot be held against it. */
  gap(): void;
}

type Phase = 'before' | 'recovering' | 'running' | 'stopped' | 'unknown';

const jumpMs = 2_000;

export function checkRuns(findings: Findings): RunCheck {
  let run = '';
  let phase: Phase = 'before';
  let last: Leaf | null = null;
  let anchor: Leaf | null = null;
  const open = new Set<string>();
  const recovered = new Set<string>();

  const begin = (leaf: Leaf): void => {
    if (phase === 'running' && leaf.type !== 'recovered') findings.add('run-unclosed', leaf.seq);
    const opens = leaf.type === 'start' || leaf.type === 'recovered';
    if (!opens && phase !== 'unknown') findings.add('run-unopened', leaf.seq);
    phase = leaf.type === 'recovered' ? 'recovering' : leaf.type === 'stop' ? 'stopped' : 'running';
    run = leaf.run;
    anchor = leaf;
  };
  const proceed = (leaf: Leaf): void => {
    if (phase === 'stopped') findings.add('run-unopened', leaf.seq);
    if (phase === 'recovering' && leaf.type !== 'recovered' && leaf.type !== 'start')
      findings.add('run-unopened', leaf.seq);
    if (leaf.type === 'start') phase = 'running';
    if (leaf.type === 'stop') phase = 'stopped';
    if (last !== null && leaf.mono < last.mono) findings.add('time-backwards', leaf.seq);
    if (anchor !== null && Math.abs(leaf.at - anchor.at - (leaf.mono - anchor.mono)) > jumpMs) {
      findings.add('clock-jumped', leaf.seq);
      anchor = leaf;
    }
  };
  const follow = (leaf: Leaf): void => {
    const key = `key ${leaf.meeting}/${leaf.bridge}`;
    const leg = `leg ${leaf.meeting}/${leaf.leg}`;
    if (leaf.type === 'key-opened') open.add(key);
    if (leaf.type === 'key-destroyed') open.delete(key);
    if (leaf.type === 'leg-joined') open.add(leg);
    if (leaf.type === 'leg-left') open.delete(leg);
    if (leaf.type === 'recovered') {
      for (const name of dataTexts(leaf, 'keys')) recovered.add(`key ${name}`);
      for (const name of dataTexts(leaf, 'legs')) recovered.add(`leg ${name}`);
    }
    if (leaf.type === 'start') {
      if (recovered.size > 0 || open.size > 0) compare(leaf);
      open.clear();
      recovered.clear();
    }
  };
  /** After a clean stop everything has been closed as well, or the stop hid something. */
  const compare = (leaf: Leaf): void => {
    const left = [...open].filter((name) => !recovered.has(name));
    if (left.length > 0) findings.add('recovery-incomplete', leaf.seq, `${left.length} stayed open.`);
  };

  return {
    leaf(leaf) {
      if (leaf.run !== run) begin(leaf);
      else proceed(leaf);
      follow(leaf);
      last = leaf;
    },
    gap() {
      phase = 'unknown';
      run = '';
      last = null;
      anchor = null;
    },
  };
}
