import { expect, it } from 'vitest';
import { openPeer, type Peer } from '../../../src/webrtc/peer.ts';
import type { Candidate } from '../../../src/webrtc/candidate.ts';

/** Two peers on loopback, one of which has offered and the other answered. */
function pair(): { readonly asks: Peer; readonly answers: Peer; readonly describe: () => void } {
  const waiting: Candidate[] = [];
  const open = (name: string, role: 'offers' | 'answers', onCandidate: (candidate: Candidate) => void) => {
    const peer = openPeer(
      { name, role, bindAddress: '127.0.0.1', maxMessageSize: 1_024 },
      { onCandidate, onState: () => undefined, onChannelOpen: () => undefined, onMessage: () => undefined },
    );
    if (!peer.ok) throw new Error(peer.reason);
    return peer.value;
  };
  const asks: Peer = open('asks', 'offers', (candidate) => answers.addCandidate(candidate));
  const answers: Peer = open('answers', 'answers', (candidate) => {
    if (described) asks.addCandidate(candidate);
    else waiting.push(candidate);
  });
  let described = false;
  return {
    asks,
    answers,
    describe() {
      asks.createChannel('data', 'reliable');
      const answer = answers.answer(offerOf(asks));
      expect(asks.acceptAnswer(answer.ok ? answer.value : '').ok).toBe(true);
      described = true;
      for (const candidate of waiting) asks.addCandidate(candidate);
    },
  };
}

function offerOf(peer: Peer): string {
  const offer = peer.offer();
  if (!offer.ok) throw new Error(offer.reason);
  return offer.value;
}

it('refuses an offer that comes when its connection has just ended at the other side, and lives on', async () => {
  const { asks, answers, describe } = pair();
  try {
    describe();
    await expect.poll(() => answers.state()).toBe('connected');
    const offer = offerOf(asks);
    asks.close();
    // By itself, on a thread of the library: nobody on this side has closed it.
    await expect.poll(() => answers.state()).toBe('closed');
    expect(answers.answer(offer)).toEqual({ ok: false, reason: 'refused-by-webrtc' });
  } finally {
    asks.close();
    answers.close();
  }
});

it('refuses to offer nothing, and a description that is none', () => {
  const { asks, answers } = pair();
  try {
    asks.createChannel('data', 'reliable');
    expect(answers.answer('v=0').ok).toBe(false);
    expect(answers.offer().ok).toBe(false);
    expect(answers.answer(offerOf(asks)).ok).toBe(true);
  } finally {
    asks.close();
    answers.close();
  }
});
