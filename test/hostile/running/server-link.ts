import { createServer, type Server, type Socket } from 'node:net';
import { readLines, writeLine } from '../../demo/wire.ts';

/** What the hostile server has counted. */
export interface Counts {
  /** How often the behaviour that is on has done something. */
  readonly bites: number;
  /** Of the whole meeting: frames that were not encrypted, and frames of tracks that were not flagged so. */
  readonly plainFrames: number;
  readonly plainTracks: number;
}

/** The test's end of the line to the hostile server, which connects when the connector has started its SFU. */
export class ServerLink {
  readonly port: number;
  readonly #listener: Server;
  readonly #connected: Promise<Socket>;
  #answer: ((counts: Counts) => void) | null = null;

  static async open(): Promise<ServerLink> {
    const listener = createServer();
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', () => resolve()));
    const address = listener.address();
    return new ServerLink(listener, typeof address === 'object' && address !== null ? address.port : 0);
  }

  private constructor(listener: Server, port: number) {
    this.#listener = listener;
    this.port = port;
    this.#connected = new Promise((resolve) => {
      listener.once('connection', (socket) => {
        socket.on('error', () => undefined);
        readLines(socket, (line) => this.#answer?.(line as unknown as Counts));
        resolve(socket);
      });
    });
  }

  /** Resolves when the server behaves so. */
  behave(name: string): Promise<Counts> {
    return this.#say({ kind: 'behave', name });
  }

  counts(): Promise<Counts> {
    return this.#say({ kind: 'count' });
  }

  async close(): Promise<void> {
    (await this.#connected).destroy();
    this.#listener.close();
  }

  async #say(line: { readonly kind: string; readonly name?: string }): Promise<Counts> {
    const socket = await this.#connected;
    const answered = new Promise<Counts>((resolve) => (this.#answer = resolve));
    writeLine(socket, line);
    return answered;
  }
}
