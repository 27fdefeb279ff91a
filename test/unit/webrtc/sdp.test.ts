import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mediaSections, withoutCandidates } from '../../../src/webrtc/sdp.ts';

const sdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=mid:0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 63 111 0',
  'c=IN IP4 0.0.0.0',
  'a=mid:1',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level-not',
  'a=sendonly',
  'a=msid:stream-1 track-1',
  'a=rtpmap:63 red/48000/2',
  'a=rtpmap:111 opus/48000/2',
  'a=ssrc:4294967295 cname:x',
  'a=ssrc:4294967295 msid:stream-1 track-1',
  'a=ssrc:4294967296 cname:too-big',
  'a=candidate:1 1 udp 1 127.0.0.1 9 typ host',
  'a=end-of-candidates',
  'm=audio 0 UDP/TLS/RTP/SAVPF 0',
  'a=mid:2',
  '',
].join('\r\n');

describe('mediaSections', () => {
  it('reads kind, mid, msid, direction, Opus, level and SSRCs of each line', () => {
    expect(mediaSections(sdp)).toEqual([
      {
        kind: 'application',
        port: 9,
        mid: '0',
        msid: null,
        direction: 'sendrecv',
        opusType: null,
        levelId: null,
        ssrcs: [],
      },
      {
        kind: 'audio',
        port: 9,
        mid: '1',
        msid: { stream: 'stream-1', track: 'track-1' },
        direction: 'sendonly',
        opusType: 111,
        levelId: 1,
        ssrcs: [4294967295],
      },
      {
        kind: 'audio',
        port: 0,
        mid: '2',
        msid: null,
        direction: 'sendrecv',
        opusType: null,
        levelId: null,
        ssrcs: [],
      },
    ]);
  });

  it('is total and bounded', () => {
    const line = fc.constantFrom(...sdp.split('\r\n'), 'm=', 'a=mid:', 'a=msid:x', 'a=ssrc:1', 'm=audio x');
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
        for (const section of mediaSections(lines.join('\n'))) expect(section.mid.length).toBeGreaterThan(0);
      }),
    );
    expect(mediaSections('v=0\nm=audio 9 x\na=mid:1'.repeat(5_000)).length).toBeLessThanOrEqual(1_000);
  });
});

it('withoutCandidates takes out the candidates and nothing else', () => {
  const rest = withoutCandidates(sdp);
  expect(rest).not.toContain('candidate');
  expect(rest.split('\r\n').length).toBe(sdp.split('\r\n').length - 2);
});
