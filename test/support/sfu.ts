import { startChild, type Child } from '../../src/base/child.ts';
import { systemClock } from '../../src/base/clock.ts';
import { livekitToken, type TokenRequest } from '../../src/meeting/livekit/token.ts';
import type { SfuInfo, SfuOptions } from '../../src/sfu/options.ts';

/** The embedded SFU as the app starts it: a child process on loopback and free ports. */
export interface RunningSfu {
  readonly url: string;
  readonly httpUrl: string;
  readonly child: Child<SfuInfo>;
  token(identity: string, room?: string, grants?: Partial<TokenRequest>): Promise<string>;
  stop(): Promise<void>;
}

export const apiKey = 'test-key';
export const apiSecret = 'a test secret of more than thirty-two bytes';

export async function startSfu(options: Partial<SfuOptions> = {}): Promise<RunningSfu> {
  const child = await startChild<SfuOptions, SfuInfo>({
    name: 'sfu',
    module: new URL('../../src/sfu/main.ts', import.meta.url),
    options: {
      host: '127.0.0.1',
      port: 0,
      rtcBindAddress: '127.0.0.1',
      rtcPort: 0,
      apiKey,
      apiSecret,
      logLevel: 'warn',
      ...options,
    },
    onMessage: () => undefined,
    onExit: () => undefined,
  });
  return {
    url: `ws://127.0.0.1:${child.info.port}`,
    httpUrl: `http://127.0.0.1:${child.info.port}`,
    child,
    token: (identity, room = 'room', grants = {}) =>
      livekitToken({ apiKey, apiSecret, room, identity, ttlSeconds: 600, ...grants }, systemClock),
    stop: () => child.stop(),
  };
}
