import { messageTypes, type MessageType } from '../../../src/consent/messages/labels.ts';
import { settled } from '../../support/consent-settle.ts';
import type { Case } from '../case.ts';
import { untilSilentMs, without, type Stage } from '../stage.ts';

/**
 * The server drops every message of one kind and nothing else, to everybody, from the first packet on. In the story that all
 * kinds share a caller asks and is let in, a second caller asks, a third member comes; what is seen is seen then. After it the
 * host revokes.
 */
async function wholeStory(stage: Stage): Promise<void> {
  await stage.ask();
  await stage.approve();
  await stage.pass(3_000);
  await stage.ask('2');
  await stage.approve();
  await stage.room.member('Carl');
  await stage.pass(3_000);
}

const revoked = async (stage: Stage): Promise<void> => {
  await stage.revoke();
  await stage.pass(untilSilentMs);
};

async function denied(stage: Stage): Promise<void> {
  await stage.ask();
  const { session } = stage.host;
  if (session.view.prompt !== null) await session.deny(session.view.prompt.requestHash);
  await settled();
  await stage.pass(3_000);
}

async function secondCallerDenied(stage: Stage): Promise<void> {
  await stage.ask();
  await stage.approve();
  await stage.pass(3_000);
  await stage.ask('2');
  await denied(stage);
}

async function left(stage: Stage): Promise<void> {
  await stage.ask();
  await stage.approve();
  await stage.pass(3_000);
  await stage.host.session.end();
  await stage.pass(untilSilentMs);
}

/** Long enough for what the parties do by themselves when something never comes. */
async function storyAndWait(stage: Stage): Promise<void> {
  await wholeStory(stage);
  await stage.pass(untilSilentMs);
}

async function storyAndRevoke(stage: Stage): Promise<void> {
  await wholeStory(stage);
  await revoked(stage);
}

interface Kind {
  readonly story?: (stage: Stage) => Promise<void>;
  readonly recovers?: boolean;
}

/** How the story of a kind differs from the one that all share. */
const kinds: Readonly<Partial<Record<MessageType, Kind>>> = {
  'instance-end': { story: left, recovers: false },
  denial: { story: denied },
  'leg-refusal': { story: secondCallerDenied },
  rekey: { story: storyAndWait },
  receipt: { story: storyAndWait },
  heartbeat: { story: storyAndWait },
  nonce: { story: storyAndWait },
  revocation: { story: storyAndRevoke },
  switched: { story: storyAndRevoke },
};

/** Not said on the data channel: they travel in other messages, or between an operator's machines. */
const notSent: ReadonlySet<MessageType> = new Set([
  'certificate',
  'certificate-request',
  'operator-rotation',
  'revocation-list',
  'leg-revocation',
]);

export const dropping: readonly Case[] = messageTypes
  .filter((type) => !notSent.has(type))
  .map((type): Case => {
    const { story, recovers = true } = kinds[type] ?? {};
    return {
      name: `drops every ${type}`,
      early: () => without(({ message }) => message?.type === type),
      play: story ?? wholeStory,
      ...(story === undefined ? { then: revoked } : {}),
      recovers,
    };
  });
