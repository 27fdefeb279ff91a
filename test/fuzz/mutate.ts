import type { Chance } from './chance.ts';

/** What makes a parser stumble: limits of numbers, unbalanced marks, bytes that are no text, names in another form. */
const tokens = [
  ...['0', '-1', '00', '1e9', '255', '256', '65535', '65536', '2147483647', '2147483648', '4294967296'],
  ...[
    '99999999999999999999',
    '"',
    '\\',
    '"\\',
    '<',
    '>',
    '<>',
    '<sip:',
    '@',
    ';',
    ';;',
    ';=',
    ',',
    ',,',
    ':',
    '|',
  ],
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n ',
    '\r\n\r\n',
    '\t',
    '\0',
    '\x7f',
    '\xff\xfe',
    '\xc3\x28',
    '%',
    '%0',
    '%00',
    '%zz',
  ],
  ...[
    '[',
    ']',
    '[::1]',
    '[:::',
    '::ffff:1.2.3.4',
    '..',
    '*',
    ';lr',
    ';tag=',
    ';tag=x',
    ';branch=z9hG4bK',
    ';rport',
  ],
  ...[
    ';maddr=127.0.0.1',
    ';transport=tls',
    ';received=x',
    '?Route=%3Csip:x%3E',
    'sip:',
    'sips:',
    'tel:',
    'SIP/2.0',
  ],
  ...[
    'SIP/2.0 200 OK',
    'INVITE',
    'ACK',
    'CANCEL',
    'BYE',
    'PRACK',
    'REGISTER',
    'z9hG4bK',
    '__proto__',
    'constructor',
  ],
];

const lines = [
  ...[
    'Content-Length: 0',
    'Content-Length: 99999',
    'l: 1',
    'Content-Length: -1',
    'Max-Forwards: 0',
    'CSeq: 1 INVITE',
  ],
  ...[
    'Require: 100rel',
    'Require: x',
    'Supported: 100rel',
    'RAck: 1 1 INVITE',
    'RSeq: 1',
    'Expires: 0',
    'Contact: *',
  ],
  ...[
    'Via: SIP/2.0/UDP x',
    'v: SIP/2.0/TCP [::1]:1;branch=z9hG4bKx',
    'Route: <sip:127.0.0.1:5060;lr>',
    'To: <sip:x@y>',
  ],
  ...[
    'Record-Route: <sip:a;lr>, <sip:b>',
    'From: <sip:x@y>;tag=z',
    'Call-ID: x',
    'Content-Type: a/b',
    ': x',
    ' folded',
  ],
  ...[
    'Subscription-State: terminated',
    'Event: x',
    'Refer-To: <sip:x@y>',
    'Identity: x',
    'Content-Encoding: gzip',
  ],
];

/** One to a few changes; the text is binary, one character a byte. */
export function mutated(text: string, others: readonly string[], chance: Chance): string {
  let result = text;
  for (let left = 1 + chance.whole(4); left > 0; left -= 1) result = once(result, others, chance);
  return result;
}

function once(text: string, others: readonly string[], chance: Chance): string {
  const at = chance.whole(text.length + 1);
  const end = Math.min(text.length, at + 1 + chance.whole(chance.oneIn(4) ? 200 : 8));
  const [before, cut, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
  switch (chance.whole(10)) {
    case 0:
      return before + String.fromCharCode(chance.whole(256)) + text.slice(at + 1);
    case 1:
      return before + chance.pick(tokens) + text.slice(at);
    case 2:
      return before + chance.pick(tokens) + after;
    case 3:
      return before + after;
    case 4:
      return before + cut + cut + after;
    case 5:
      return before;
    case 6:
      // Around the limits on values, lines and headers.
      return before + cut.slice(0, 4).repeat(chance.pick([2, 64, 256, 1_024, 4_096])) + after;
    case 7: {
      const other = chance.pick(others);
      return before + other.slice(chance.whole(other.length + 1));
    }
    default:
      return inLines(text, chance);
  }
}

function inLines(text: string, chance: Chance): string {
  const all = text.split('\r\n');
  const at = chance.whole(all.length);
  const line = all[at]!;
  const colon = line.indexOf(':');
  switch (chance.whole(6)) {
    case 0:
      return all.toSpliced(at, 1).join('\r\n');
    case 1:
      return all.toSpliced(chance.whole(all.length), 0, line).join('\r\n');
    case 2:
      return all.toSpliced(at, 0, chance.pick(lines)).join('\r\n');
    case 3:
      return all.with(at, chance.pick(lines)).join('\r\n');
    case 4:
      return all.with(at, `${line.slice(0, colon + 1)} ${chance.pick(tokens)}`).join('\r\n');
    default:
      return all.with(at, line.replace(/[0-9]+/, chance.pick(tokens))).join('\r\n');
  }
}
