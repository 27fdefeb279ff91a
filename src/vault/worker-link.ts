import type { Socket } from 'node:net';
import type { Log } from '../base/log.ts';
import { serialQueue } from '../base/serial.ts';
import { parseWorkerMessage } from './messages.ts';
import { frameOf, frameReader } from './pipe.ts';
import type { VaultInfo, VaultToWorker } from './protocol.ts';
import type { WorkerSession } from './worker-session.ts';

/** The vault's end of one worker's pipe. Messages are answered one after the other, in the order they came. */
export interface WorkerLink {
  tell(message: VaultToWorker): void;
  /** Ends the pipe. Resolves when the end of what was open is recorded; so does the pipe's own end. */
  close(reason: string): Promise<void>;
}

export interface WorkerLinkOptions {
  readonly pipe: Socket;
  readonly session: WorkerSession;
  readonly info: VaultInfo;
  readonly log: Log;
  /** Once, when the pipe has ended and its end is recorded. */
  onClosed(link: WorkerLink): void;
}

/** Above this the pipe is not read: a worker that floods waits, and takes no memory here. */
const maxUnanswered = 64;

export function linkWorker(options: WorkerLinkOptions): WorkerLink {
  const { pipe, session, info, log } = options;
  const reader = frameReader();
  const queue = serialQueue();
  let unanswered = 0;

  const tell = (message: VaultToWorker): void => {
    if (!pipe.destroyed) pipe.write(frameOf(message));
  };
  const refusePipe = (reason: string): void => {
    log.warn({ reason }, 'a worker broke the protocol of its pipe');
    pipe.destroy();
  };
  const take = (raw: unknown): void => {
    const message = parseWorkerMessage(raw);
    if (!message.ok) {
      refusePipe(message.reason);
      return;
    }
    unanswered += 1;
    if (unanswered >= maxUnanswered) pipe.pause();
    void queue.run(async () => {
      const answer = await session.answer(message.value);
      if (answer.kind === 'refused') {
        log.warn({ asked: message.value.kind, reason: answer.reason }, 'refused to a worker');
      }
      tell(answer);
      unanswered -= 1;
      if (unanswered < maxUnanswered) pipe.resume();
    });
  };

  let ending: Promise<void> | null = null;
  const end = (reason: string): Promise<void> => {
    pipe.destroy();
    // Behind what is being answered: that may still open something.
    ending ??= queue.run(() => session.close(reason)).finally(() => options.onClosed(link));
    return ending;
  };
  const link: WorkerLink = { tell, close: end };
  pipe.on('data', (chunk: Buffer) => {
    const messages = reader.push(chunk);
    if (messages.ok) for (const message of messages.value) take(message);
    else refusePipe(messages.reason);
  });
  // The error itself says nothing that the close does not.
  pipe.on('error', () => undefined);
  pipe.on('close', () => void end('worker-lost'));
  tell({ kind: 'hello', info });
  return link;
}
