import { describe, expect, it } from 'vitest';
import { callerLabel } from '../../../src/call/label.ts';

const display = (user: string) =>
  callerLabel({ user, displayName: '', transport: 'udp', srtp: false }).display;

describe('the label of a caller', () => {
  it('masks a number but for its last three digits', () => {
    expect(display('+493055501234')).toBe('+···· 234');
    expect(display('004930 555-01234')).toBe('···· 234');
  });

  it('shows a name as the phone chose it, without marks that could mislead', () => {
    expect(display('alice')).toBe('alice');
    expect(display('al\u202Eice<script>')).toBe('alicescript');
    expect(display('x'.repeat(100))).toHaveLength(24);
  });

  it.each(['', 'anonymous', 'Restricted', '\u0007'])('says withheld for %j', (user) => {
    expect(display(user)).toBe('number withheld');
  });

  it('claims no more than was achieved', () => {
    const plain = { user: 'a', displayName: '', transport: 'tcp', srtp: false };
    expect(callerLabel(plain)).toMatchObject({ verification: 'absent', transport: 'tcp+rtp' });
    const signed = { ...plain, transport: 'tls', srtp: true, verification: 'B' } as const;
    expect(callerLabel(signed)).toMatchObject({ verification: 'B', transport: 'tls+srtp' });
  });
});
