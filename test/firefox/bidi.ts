import { WebSocket } from 'ws';

/** As much of WebDriver BiDi as the Firefox script needs: commands with their answers, and what the console says. */
export interface Bidi {
  command(method: string, params: object): Promise<unknown>;
  /** Errors of the page since the start, as the console has them. */
  readonly errors: readonly string[];
  close(): void;
}

interface Answer {
  readonly id?: number;
  readonly type: string;
  readonly method?: string;
  readonly message?: string;
  readonly result?: unknown;
  readonly params?: { readonly level?: string; readonly text?: string };
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export async function connectBidi(url: string): Promise<Bidi> {
  const socket = new WebSocket(`${url}/session`);
  const pending = new Map<number, Pending>();
  const errors: string[] = [];
  let last = 0;
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  socket.on('message', (data) => {
    const answer = JSON.parse((data as Buffer).toString()) as Answer;
    if (answer.method === 'log.entryAdded' && answer.params?.level === 'error') {
      errors.push(answer.params.text ?? '');
    }
    const waiting = answer.id === undefined ? undefined : pending.get(answer.id);
    if (answer.id === undefined || waiting === undefined) return;
    pending.delete(answer.id);
    if (answer.type === 'success') waiting.resolve(answer.result);
    else waiting.reject(new Error(answer.message ?? 'the browser refused a command'));
  });
  socket.on('close', () => {
    for (const { reject } of pending.values()) reject(new Error('the browser is gone'));
    pending.clear();
  });
  const command = (method: string, params: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      pending.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params }));
    });
  await command('session.new', { capabilities: {} });
  await command('session.subscribe', { events: ['log.entryAdded'] });
  return { command, errors, close: () => socket.close() };
}
