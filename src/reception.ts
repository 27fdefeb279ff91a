import { fileURLToPath } from 'node:url';
import { rtpRange } from './addresses.ts';
import type { Clock } from './base/clock.ts';
import { LatchkeyError } from './base/errors.ts';
import type { Log } from './base/log.ts';
import type { CallObserver } from './call/call-events.ts';
import type { DiallingOptions } from './call/dialling.ts';
import { noticePrompt } from './call/lobby-entry.ts';
import type { LobbyRules, NoticeForm } from './call/lobby-state.ts';
import type { MeetingBook } from './call/meeting-book.ts';
import { PinDesk } from './call/pin-desk.ts';
import { Redials } from './call/redials.ts';
import type { CallerSpeech } from './call/leg-desk.ts';
import { Switchboard } from './call/switchboard.ts';
import { callerLanguages } from './config/languages.ts';
import type { LiveConfig } from './config/reload.ts';
import type { Config } from './config/schema.ts';
import { readTexts } from './media/prompts/texts.ts';
import type { Meetings } from './meetings.ts';
import type { Sharing } from './sharing-start.ts';
import type { VaultHandle } from './vault/handle.ts';

const bundledPrompts = fileURLToPath(new URL('../config/prompts', import.meta.url));

export interface ReceptionParts {
  readonly config: Config;
  /** What may change while it runs is read from here, at each call or process that begins. */
  readonly live: Pick<LiveConfig, 'now'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly book: MeetingBook;
  readonly sharing: Pick<Sharing, 'counts' | 'ownership' | 'redirects'>;
  readonly meetings: Meetings;
  readonly vault: VaultHandle;
  readonly observe: CallObserver;
  /** Null: nobody is called. */
  readonly dialling: DiallingOptions | null;
}

/** How callers are received, as the configuration says. @throws LatchkeyError `config-invalid` where a language has no notice */
export function createReception({
  config,
  live,
  log,
  clock,
  book,
  sharing,
  meetings,
  vault,
  observe,
  dialling,
}: ReceptionParts): Switchboard {
  const { media } = config;
  const promptsDir = media.promptsDir ?? bundledPrompts;
  const languages = callerLanguages(config);
  return new Switchboard({
    ...{ clock, log, observe, dialling },
    pins: new PinDesk({ clock, book, counts: sharing.counts }),
    ownership: sharing.ownership,
    redirects: sharing.redirects,
    redials: new Redials(clock, () => live.now.lobby.redialMinutes * 60_000),
    roomNamed: (name) => meetings.room(name),
    soleMeeting: () => book.sole,
    get maxCalls() {
      return live.now.sip.maxCalls;
    },
    deadLegMs: media.deadLegSeconds * 1_000,
    meetingsPerWorker: media.meetingsPerWorker,
    get rules() {
      return rulesOf(live.now);
    },
    worker: {
      get logLevel() {
        return live.now.logLevel;
      },
      ...{ promptsDir, languages },
      get announce() {
        return { by: live.now.callers.announce, language: live.now.media.language };
      },
      get echo() {
        return live.now.media.echo;
      },
      traceRtp: config.sip.trace !== null,
      rtp: rtpRange(media),
    },
    speech: speechOf(promptsDir, live, languages),
    append: async (entries) => {
      await vault.append(entries);
    },
  });
}

function rulesOf({ lobby }: Config): LobbyRules {
  return {
    pinTries: lobby.pinTries,
    notice: lobby.notice,
    noInputMs: lobby.noInputSeconds * 1_000,
    maxWaitMs: lobby.maxWaitSeconds * 1_000,
    stillWaitingMs: lobby.stillWaitingSeconds * 1_000,
    askAgainMs: lobby.askAgainSeconds * 1_000,
    maxCallMs: lobby.maxCallMinutes === null ? null : lobby.maxCallMinutes * 60_000,
  };
}

function speechOf(
  promptsDir: string,
  live: Pick<LiveConfig, 'now'>,
  languages: readonly string[],
): CallerSpeech {
  const texts = readTexts(promptsDir);
  const notices = new Map<string, string>();
  for (const language of languages) {
    for (const [form, prompt] of Object.entries(noticePrompt)) {
      const text = texts.get(language)?.get(prompt);
      if (text === undefined)
        throw new LatchkeyError(
          'config-invalid',
          `media.promptsDir: ${promptsDir}/texts.json has no “${prompt}” in “${language}”`,
        );
      notices.set(`${language}/${form}`, text);
    }
  }
  return {
    get language() {
      return live.now.media.language;
    },
    get choices() {
      return live.now.lobby.languages;
    },
    notice: (language: string, form: NoticeForm) => notices.get(`${language}/${form}`) ?? '',
  };
}
