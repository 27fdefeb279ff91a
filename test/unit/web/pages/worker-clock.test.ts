import { describe, expect, it } from 'vitest';
import { createWorkerClock, type TimerWorker } from '../../../../src/web/worker-clock.ts';

function standIn(): TimerWorker & {
  sent: { id: number; ms: number | null }[];
  fire(id: number): void;
  ended: boolean;
} {
  return {
    sent: [],
    ended: false,
    onmessage: null,
    postMessage(message) {
      this.sent.push({ ...message });
    },
    fire(id) {
      this.onmessage?.({ data: id } as MessageEvent<number>);
    },
    terminate() {
      this.ended = true;
    },
  };
}

describe('worker clock', () => {
  it('asks the worker for each timer and runs it once', () => {
    const worker = standIn();
    const clock = createWorkerClock(worker);
    const ran: string[] = [];
    clock.after(3_000, () => ran.push('heartbeat'));
    clock.after(-5, () => ran.push('late'));
    expect(worker.sent).toEqual([
      { id: 1, ms: 3_000 },
      { id: 2, ms: 0 },
    ]);
    worker.fire(2);
    worker.fire(1);
    worker.fire(1);
    expect(ran).toEqual(['late', 'heartbeat']);
  });

  it('does not run what was cancelled, even where its message is already under way', () => {
    const worker = standIn();
    let ran = false;
    const timer = createWorkerClock(worker).after(10, () => (ran = true));
    timer.cancel();
    timer.cancel();
    worker.fire(1);
    expect(ran).toBe(false);
    expect(worker.sent).toEqual([
      { id: 1, ms: 10 },
      { id: 1, ms: null },
    ]);
  });

  it('runs nothing after its end', () => {
    const worker = standIn();
    const clock = createWorkerClock(worker);
    let ran = false;
    clock.after(10, () => (ran = true));
    clock.close();
    worker.fire(1);
    expect([ran, worker.ended]).toEqual([false, true]);
  });
});
