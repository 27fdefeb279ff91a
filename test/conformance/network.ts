/**
 * drachtio-srf's suite runs in containers of the network 172.29.0.0/16, which find each other by name. Here every
 * container is an address of 127.0.29.0/24, which Linux has on loopback without any set-up.
 */
export const network = '127.0.29';
export const serverUnderTest = `${network}.10`;
export const secondServer = `${network}.19`;

/** Container name, last octet, and the scenario that its sipp runs for ever. */
const containers: readonly (readonly [name: string, octet: number, scenario: string | null])[] = [
  ['sipp-uas-cancel', 12, 'uas-cancel.xml'],
  ['sipp-uas', 13, 'uas.xml'],
  ['sipp-uas-404', 14, 'uas-404.xml'],
  ['sipp-uas-auth', 15, 'uas-auth.xml'],
  ['sipp-uas-auth-register', 16, 'uas-auth-register.xml'],
  ['sipp-uas-auth-register-no-realm', 17, 'uas-auth-register-no-realm.xml'],
  ['sipp-uas-refer', 18, 'uas-refer.xml'],
  ['drachtio-uas-sip', 19, null],
  ['sipp-uas-fast-reinvite', 20, 'uas-reinvite.xml'],
  ['sipp-uas-reinvite-overlap', 21, 'uas-reinvite-overlap.xml'],
  ['sipp-uas-302', 22, 'uas-302.xml'],
  ['sipp-uas-prack', 23, 'uas-prack.xml'],
  ['sipp-uas-bye-with-auth', 24, 'uas-bye-with-auth.xml'],
  ['sipp-uas-reinvite-with-auth', 25, 'uas-reinvite-with-auth.xml'],
  ['sipp-uas-options', 26, 'uas-options-expect-200.xml'],
  ['sipp-uas-407-no-auth-header', 27, 'uas-407-no-auth-header.xml'],
  ['sipp-uas-200-ok-no-contact-cancel', 28, 'uas-200-ok-no-contact-cancel.xml'],
  ['sipp-uas-fast-update', 29, 'uas-update-with-sdp.xml'],
  ['sipp-uas-b-teardown', 30, null],
];

export function addressOf(name: string): string | null {
  const found = containers.find(([known]) => known === name);
  return found === undefined ? null : `${network}.${found[1]}`;
}

/** The peers that answer: each a sipp of its own. */
export const peers = containers.flatMap(([, octet, scenario]) =>
  scenario === null ? [] : [{ address: `${network}.${octet}`, scenario }],
);

/** A test file of the suite, with names and addresses as they are here. */
export function onLoopback(source: string): string {
  let text = source
    .replaceAll('172.29.0.', `${network}.`)
    .replaceAll("'drachtio-sut'\n", `'${serverUnderTest}'\n`);
  const longestFirst = containers.toSorted(([a], [b]) => b.length - a.length);
  for (const [name, octet] of longestFirst) {
    text = text.replaceAll(new RegExp(`(['":@])${name}(['":>;])`, 'g'), `$1${network}.${octet}$2`);
  }
  return text;
}

/** Debian's sipp 3.6.1 refuses a `>` inside an attribute; the expression means the same without it. */
export function forThisSipp(scenario: string): string {
  return scenario
    .replaceAll('172.29.0.', `${network}.`)
    .replaceAll('regexp="<sip:(.*)>"', 'regexp="sip:([^ ;,]*[0-9])"');
}
