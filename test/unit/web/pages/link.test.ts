import { describe, expect, it } from 'vitest';
import { claimOf, joinLink, parseJoinLink } from '../../../../src/web/pages/link.ts';

const meetingId = 'M'.repeat(43);
const secret = 'AAECAwQFBgcICQoLDA0ODw';

describe('links', () => {
  it('reads back what it wrote', () => {
    const link = parseJoinLink(`/join/${meetingId}`, `#${secret}`);
    expect(link?.inviteSecret).toEqual(Uint8Array.from({ length: 16 }, (_, i) => i));
    expect(joinLink('https://meet.example', link!)).toBe(`https://meet.example/join/${meetingId}#${secret}`);
  });

  it('keeps the secret behind the #, where no server sees it', () => {
    const url = new URL(joinLink('https://meet.example', parseJoinLink(`/join/${meetingId}`, secret)!));
    expect(url.pathname + url.search).not.toContain(secret);
    expect(url.hash).toBe(`#${secret}`);
  });

  it.each([
    ['no secret', `/join/${meetingId}`, ''],
    ['a short secret', `/join/${meetingId}`, `#${secret.slice(0, 20)}`],
    ['a long secret', `/join/${meetingId}`, `#${secret}AA`],
    ['a secret with other characters', `/join/${meetingId}`, `#${secret.slice(0, 21)}*`],
    ['a short meeting id', '/join/abc', `#${secret}`],
    ['another page', `/host/${meetingId}`, `#${secret}`],
  ])('refuses %s', (_name, path, fragment) => {
    expect(parseJoinLink(path, fragment)).toBeNull();
  });

  it('takes a claim from a host link and nothing else', () => {
    expect(claimOf('#abcdefghijklmnopqrstuv')).toBe('abcdefghijklmnopqrstuv');
    for (const fragment of ['', '#', '#short', '#abcdefghijklmnop qrstuv', `#${'a'.repeat(129)}`]) {
      expect(claimOf(fragment)).toBeNull();
    }
  });
});
