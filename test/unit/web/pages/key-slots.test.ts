import { describe, expect, it } from 'vitest';
import {
  createKeySlots,
  type KeySlots,
  type SlotKey,
  type WorkerAnswer,
} from '../../../../src/web/browser/key-slots.ts';
import { manualClock } from '../../../support/clock.ts';

interface Asked {
  readonly kind: string;
  readonly data: { readonly uuid: string; readonly participantIdentity: string };
}

/** A frame worker that answers when told to, with the slot that it is told. */
function setUp(mode: 'per-sender' | 'shared' = 'per-sender') {
  const emitted: { identity: string | undefined; slot: number; current: boolean; key: CryptoKey }[] = [];
  const asked: Asked[] = [];
  const listeners: ((event: MessageEvent<WorkerAnswer>) => void)[] = [];
  const clock = manualClock();
  const slots: KeySlots = createKeySlots({
    mode,
    ownIdentity: 'p-me',
    clock,
    random: (length) => new Uint8Array(length).fill(9),
    worker: {
      postMessage: (message) => void asked.push(message as Asked),
      addEventListener: (_type, listener) => void listeners.push(listener),
    },
    emit: (info: SlotKey, current) =>
      void emitted.push({ identity: info.participantIdentity, slot: info.keyIndex, current, key: info.key }),
  });
  const answer = (keyIndex: number): void => {
    const data = { kind: 'encryptDataResponse', data: { uuid: asked.at(-1)?.data.uuid, keyIndex } };
    for (const listener of listeners) listener({ data } as MessageEvent<WorkerAnswer>);
  };
  return { slots, emitted, asked, answer, clock };
}

const raw = new Uint8Array(32).fill(1);
const untilAsked = async (asked: readonly Asked[]): Promise<void> => {
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve));
};

describe('key slots', () => {
  it('posts the key of somebody else and waits for nothing', async () => {
    const { slots, emitted, asked } = setUp();
    await slots.sink.setKey('p-ben', 7, raw);
    expect(emitted).toMatchObject([{ identity: 'p-ben', slot: 7, current: true }]);
    expect(asked).toHaveLength(0);
    expect(slots.ownSlot()).toBeNull();
  });

  it('hands out keys that nobody can read back', async () => {
    const { slots, emitted } = setUp();
    await slots.sink.setKey('p-ben', 7, raw);
    expect(emitted[0]?.key.extractable).toBe(false);
    expect(emitted[0]?.key.algorithm.name).toBe('HKDF');
  });

  it('has switched the own sender only when the worker says so', async () => {
    const { slots, asked, answer } = setUp();
    let told = 0;
    slots.onOwnKey(() => told++);
    let switched = false;
    const switching = slots.sink.setKey('p-me', 3, raw).then(() => (switched = true));
    await untilAsked(asked);
    expect([asked[0]?.kind, asked[0]?.data.participantIdentity]).toEqual(['encryptDataRequest', 'p-me']);
    expect([switched, told]).toEqual([false, 0]);
    answer(3);
    await switching;
    expect([switched, told, slots.ownSlot()]).toEqual([true, 1, 3]);
  });

  it('fails where the worker uses another key, or says nothing', async () => {
    const first = setUp();
    const wrong = first.slots.sink.setKey('p-me', 3, raw);
    await untilAsked(first.asked);
    first.answer(2);
    await expect(wrong).rejects.toThrow('another key');
    const second = setUp();
    const mute = second.slots.sink.setKey('p-me', 3, raw);
    await untilAsked(second.asked);
    second.clock.advance(5_000);
    await expect(mute).rejects.toThrow('does not answer');
  });

  it('forgets what was overwritten, and puts a random key over it without switching', async () => {
    const { slots, emitted } = setUp();
    await slots.sink.setKey('p-ben', 1, raw);
    await slots.sink.setKey('p-ben', 2, raw);
    await slots.sink.overwrite('p-ben', 1);
    expect(emitted.at(-1)).toMatchObject({ identity: 'p-ben', slot: 1, current: false });
    expect([...slots.all()].map((info) => info.keyIndex)).toEqual([2]);
  });
});

describe('one key for all', () => {
  it('is of nobody, and switches the sender only when it is set as the own one', async () => {
    const { slots, emitted, asked, answer } = setUp('shared');
    await slots.sink.setKey('p-ben', 7, raw);
    const own = slots.sink.setKey('p-me', 7, raw);
    await untilAsked(asked);
    answer(7);
    await own;
    expect(emitted).toMatchObject([
      { identity: undefined, slot: 7, current: false },
      { identity: undefined, slot: 7, current: true },
    ]);
    expect([...slots.all()]).toHaveLength(1);
  });

  it('is posted no more once its slot was overwritten, whoever it was set for', async () => {
    const { slots } = setUp('shared');
    await slots.sink.setKey('p-ben', 7, raw);
    await slots.sink.overwrite('p-ann', 7);
    expect([...slots.all()]).toEqual([]);
  });
});
