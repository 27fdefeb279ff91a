import { describe, expect, it } from 'vitest';
import { caller, prompt, second } from '../../../../src/web/gallery/cast.ts';
import { approvalOf, audioOffers, firstChoice, obstacleOf } from '../../../../src/web/pages/prompt-choice.ts';

const more = { ...prompt, kind: 'callers' as const };

describe('what a prompt offers', () => {
  it('is what the bridge wants, or less, and talk-only only where it is more than a word', () => {
    expect(audioOffers(prompt)).toEqual(['both', 'listen', 'speak']);
    expect(audioOffers({ ...prompt, canTalkOnly: false })).toEqual(['both', 'listen']);
    expect(audioOffers({ ...prompt, scope: { audio: 'listen' } })).toEqual(['listen']);
    expect(audioOffers({ ...prompt, scope: { audio: 'speak' } })).toEqual(['speak']);
    expect(audioOffers({ ...prompt, scope: { audio: 'speak' }, canTalkOnly: false })).toEqual([]);
  });
});

describe('what is signed', () => {
  it('is the narrowest that was asked for where nothing was changed', () => {
    expect(approvalOf(prompt, firstChoice(prompt))).toEqual({ audio: 'both' });
    expect(approvalOf(more, firstChoice(more))).toEqual({});
  });

  it('is everything that was chosen', () => {
    const choice = { audio: 'listen', minutes: 15, later: 'next', without: [second.legId] } as const;
    expect(approvalOf(prompt, choice)).toEqual({
      audio: 'listen',
      untilMinutes: 15,
      next: 5,
      only: [caller.legId],
    });
    expect(approvalOf(prompt, { ...choice, later: 'any', without: [] })).toEqual({
      audio: 'listen',
      untilMinutes: 15,
      legs: 'any',
    });
    // A grant stands already: only who comes in is decided.
    expect(approvalOf(more, choice)).toEqual({ only: [caller.legId] });
  });
});

describe('what cannot be allowed', () => {
  it.each([
    ['a forked record, whatever is chosen', { ...prompt, ledger: 'fork' as const }, {}, 'fork'],
    [
      'talk-only where it would be a word',
      { ...prompt, canTalkOnly: false },
      { audio: 'speak' },
      'speak-impossible',
    ],
    ['nobody at all', prompt, { without: [caller.legId, second.legId] }, 'nobody'],
    ['some of them', prompt, { without: [caller.legId] }, null],
    ['nobody to choose from', { ...prompt, callers: [] }, {}, null],
  ] as const)('%s', (_name, asked, change, obstacle) => {
    expect(obstacleOf(asked, { ...firstChoice(asked), ...change })).toBe(obstacle);
  });
});
