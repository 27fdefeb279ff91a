import { expect, it } from 'vitest';
import { parseAddressRange } from '../../../src/base/address-range.ts';

const contains = (range: string, address: string): boolean => {
  const parsed = parseAddressRange(range);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value.contains(address);
};

it('a range holds its own addresses and no other', () => {
  expect(contains('192.0.2.0/25', '192.0.2.127')).toBe(true);
  expect(contains('192.0.2.0/25', '192.0.2.128')).toBe(false);
  expect(contains('192.0.2.7', '192.0.2.7')).toBe(true);
  expect(contains('192.0.2.7', '192.0.2.8')).toBe(false);
  expect(contains('0.0.0.0/0', '203.0.113.1')).toBe(true);
  expect(contains('0.0.0.0/0', '2001:db8::1')).toBe(false);
  expect(contains('2001:db8::/32', '2001:db8:ffff::1')).toBe(true);
  expect(contains('fe80::/10', 'fe80::1%eth0')).toBe(true);
  expect(contains('192.0.2.0/24', '::ffff:192.0.2.9')).toBe(true);
  expect(contains('192.0.2.0/24', 'not an address')).toBe(false);
});

it('anything else is refused by name', () => {
  const reason = (text: string) => {
    const parsed = parseAddressRange(text);
    return parsed.ok ? 'ok' : parsed.reason;
  };
  for (const text of ['', 'example.com', '192.0.2', '192.0.2.0/24/1', 'fe80::1%eth0'])
    expect(reason(text)).toBe('address');
  for (const text of ['192.0.2.0/33', '192.0.2.0/', '192.0.2.0/08', '192.0.2.0/-1', '2001:db8::/129'])
    expect(reason(text)).toBe('prefix-length');
});
