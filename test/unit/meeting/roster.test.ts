import {
  Encryption_Type,
  ParticipantInfo,
  ParticipantInfo_State,
  TrackInfo,
  TrackType,
} from '@livekit/protocol';
import { expect, it } from 'vitest';
import { Roster } from '../../../src/meeting/livekit/roster.ts';

function roster(): { roster: Roster; log: string[] } {
  const log: string[] = [];
  const events = {
    onJoined: ({ identity }: { identity: string }) => log.push(`+${identity}`),
    onLeft: (identity: string) => log.push(`-${identity}`),
  };
  return { roster: new Roster('PA_me', events), log };
}

const audio = (sid: string, encryption = Encryption_Type.GCM): TrackInfo =>
  new TrackInfo({ sid, name: `name of ${sid}`, type: TrackType.AUDIO, encryption });
const info = (sid: string, identity: string, more: Partial<ParticipantInfo> = {}): ParticipantInfo =>
  new ParticipantInfo({ sid, identity, state: ParticipantInfo_State.ACTIVE, ...more });

it('lists the others and their audio tracks, and not ourselves', () => {
  const { roster: r, log } = roster();
  const video = new TrackInfo({ sid: 'TR_v', type: TrackType.VIDEO });
  r.apply([info('PA_me', 'me'), info('PA_a', 'alice', { name: 'Alice', tracks: [audio('TR_1'), video] })]);
  expect(r.participants()).toEqual([{ identity: 'alice', name: 'Alice' }]);
  expect(r.track('TR_1')).toEqual({ sid: 'TR_1', identity: 'alice', name: 'name of TR_1', encrypted: true });
  expect(r.track('TR_v')).toBeNull();
  expect(log).toEqual(['+alice']);
});

it('says whether a track is flagged encrypted, and only AES-GCM counts', () => {
  const { roster: r } = roster();
  r.apply([
    info('PA_a', 'a', {
      tracks: [audio('TR_n', Encryption_Type.NONE), audio('TR_c', Encryption_Type.CUSTOM)],
    }),
  ]);
  expect([r.track('TR_n')?.encrypted, r.track('TR_c')?.encrypted]).toEqual([false, false]);
});

it('an update takes away what it no longer lists; one that was overtaken on its way does nothing', () => {
  const { roster: r, log } = roster();
  r.apply([info('PA_a', 'a', { version: 2, tracks: [audio('TR_1')] })]);
  r.apply([info('PA_a', 'a', { version: 1, tracks: [] })]);
  expect(r.track('TR_1')).not.toBeNull();
  r.apply([info('PA_a', 'a', { version: 3, tracks: [] })]);
  expect(r.track('TR_1')).toBeNull();
  expect(log).toEqual(['+a']);
});

it('a new life of an identity replaces the old one, whose late farewell changes nothing', () => {
  const { roster: r, log } = roster();
  r.apply([info('PA_1', 'a', { tracks: [audio('TR_1')] })]);
  r.apply([info('PA_2', 'a', { tracks: [audio('TR_2')] })]);
  r.apply([info('PA_1', 'a', { state: ParticipantInfo_State.DISCONNECTED })]);
  expect([r.track('TR_1'), r.track('TR_2')?.identity]).toEqual([null, 'a']);
  expect([r.sidOf('a'), log]).toEqual(['PA_2', ['+a', '-a', '+a']]);
  r.apply([info('PA_2', 'a', { state: ParticipantInfo_State.DISCONNECTED })]);
  expect(r.participants()).toEqual([]);
});

it('a track that two participants claim goes with the last word, and away with its claimant only', () => {
  const { roster: r } = roster();
  r.apply([
    info('PA_a', 'a', { tracks: [audio('TR_1')] }),
    info('PA_m', 'mallory', { tracks: [audio('TR_1')] }),
  ]);
  expect(r.track('TR_1')?.identity).toBe('mallory');
  r.apply([info('PA_a', 'a', { version: 1, tracks: [] })]);
  expect(r.track('TR_1')?.identity).toBe('mallory');
});

it('keeps no name of a length that only a hostile server gives, and says whose life has ended', () => {
  const ended: string[] = [];
  const r = new Roster('PA_me', {
    onJoined: () => undefined,
    onLeft: (identity, sid) => ended.push(`${identity} ${sid}`),
  });
  const long = 'x'.repeat(300);
  r.apply([info(long, 'a'), info('PA_b', long), info('PA_c', 'c', { tracks: [audio(long), audio('TR_1')] })]);
  expect(r.participants().map(({ identity }) => identity)).toEqual(['c']);
  expect([r.track(long), r.track('TR_1')?.identity]).toEqual([null, 'c']);
  r.apply([info('PA_d', 'c')]);
  r.apply([info('PA_d', 'c', { state: ParticipantInfo_State.DISCONNECTED })]);
  expect(ended).toEqual(['c PA_c', 'c PA_d']);
});
