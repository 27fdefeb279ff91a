import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBidi, type Bidi } from './bidi.ts';

/** Debian's Firefox ESR, headless, with a microphone that plays a tone, driven over WebDriver BiDi. */
export interface FirefoxPage {
  goto(url: string): Promise<void>;
  /** The value of an expression, or of the promise that it is. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until the expression is true. */
  until(expression: string, what: string, timeoutMs?: number): Promise<void>;
  /** The first element of this selector that contains the words, once there is one that can be clicked. */
  click(selector: string, words: string): Promise<void>;
  fill(selector: string, value: string): Promise<void>;
  readonly errors: readonly string[];
}

export interface Firefox {
  readonly page: FirefoxPage;
  readonly version: string;
  close(): Promise<void>;
}

/** Nothing of Firefox's own on the network; loopback for WebRTC; the tone instead of a device, without a question. */
const preferences = (toneHz: number): Readonly<Record<string, boolean | number | string>> => ({
  'app.update.enabled': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'browser.safebrowsing.update.enabled': false,
  'extensions.update.enabled': false,
  'remote.active-protocols': 1,
  'intl.accept_languages': 'en-GB, en',
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.navigator.audio.fake_frequency': toneHz,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
});

async function startedBidi(child: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Firefox does not listen: ${said}`)), 60_000);
    child.once('exit', (code) => reject(new Error(`Firefox ended (${code ?? 'signal'}): ${said}`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const url = /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

export async function launchFirefox(options: {
  readonly toneHz: number;
  /** PULSE_SERVER. */
  readonly soundServer: string;
}): Promise<Firefox> {
  const profile = await mkdtemp(join(tmpdir(), 'latchkey-firefox-'));
  const lines = Object.entries(preferences(options.toneHz)).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(profile, 'user.js'), `${lines.join('\n')}\n`);
  const child = spawn(
    'firefox-esr',
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PULSE_SERVER: options.soundServer, MOZ_CRASHREPORTER_DISABLE: '1' },
    },
  );
  const leave = (): void => void child.kill('SIGKILL');
  process.once('exit', leave);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const bidi = await connectBidi(await startedBidi(child));
  const { contexts } = (await bidi.command('browsingContext.getTree', {})) as {
    contexts: readonly { readonly context: string }[];
  };
  const page = pageOf(bidi, contexts[0]?.context ?? '');
  return {
    page,
    version: await page.evaluate<string>('navigator.userAgent'),
    async close() {
      bidi.close();
      child.kill('SIGTERM');
      await ended;
      process.off('exit', leave);
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Evaluated {
  readonly type: string;
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string };
}

function pageOf(bidi: Bidi, context: string): FirefoxPage {
  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = (await bidi.command('script.evaluate', {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
      target: { context },
      awaitPromise: true,
      userActivation: true,
    })) as Evaluated;
    if (answer.type !== 'success') throw new Error(answer.exceptionDetails?.text ?? 'evaluation failed');
    return JSON.parse(String(answer.result?.value)) as T;
  };
  const until = async (expression: string, what: string, timeoutMs = 30_000): Promise<void> => {
    const deadline = Date.now() + timeoutMs;
    while (!(await evaluate<boolean>(`Boolean(${expression})`))) {
      if (Date.now() > deadline) {
        const shown = await evaluate<string>('document.body.innerText.slice(0, 400)');
        throw new Error(`not within ${timeoutMs / 1000} s: ${what}. The page shows: ${shown}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const quoted = (value: string): string => JSON.stringify(value);
  return {
    errors: bidi.errors,
    evaluate,
    until,
    async goto(url) {
      await bidi.command('browsingContext.navigate', { context, url, wait: 'complete' });
    },
    async click(selector, words) {
      const find = `[...document.querySelectorAll(${quoted(selector)})].find((e) => e.textContent.includes(${quoted(words)})
        && e.getAttribute('aria-disabled') !== 'true' && !e.disabled)`;
      await until(find, `${selector} with "${words}"`);
      await evaluate(`(${find}).click()`);
    },
    async fill(selector, value) {
      await until(`document.querySelector(${quoted(selector)})`, selector);
      await evaluate(`(() => { const field = document.querySelector(${quoted(selector)});
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, ${quoted(value)});
        field.dispatchEvent(new Event('input', { bubbles: true })); })()`);
    },
  };
}
