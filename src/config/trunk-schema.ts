import { Type } from 'typebox';
import { object, text, whole } from './schema-parts.ts';
import { trunkTlsSchema } from './transport-schema.ts';

const name = (description: string) => Type.String({ description, pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' });
const language = (description: string) => Type.String({ description, pattern: '^[a-z]{2}$' });
const prefix = (description: string) => Type.String({ description, pattern: '^[0-9]{0,6}$' });

const digestSchema = object('Credentials that callers of this trunk have to prove (RFC 7616, RFC 8760).', {
  users: Type.Array(
    object('One user.', {
      name: Type.String({ description: 'User name.', pattern: '^[A-Za-z0-9._+@-]{1,64}$' }),
      passwordFile: text('File that holds the password, one line.'),
    }),
    { description: 'Who may call; a name stands once in all trunks.', minItems: 1, maxItems: 1_000 },
  ),
  realm: Type.Optional(
    Type.String({
      description: 'What the password belongs to, as phones show it; left out: latchkey.',
      pattern: '^[A-Za-z0-9._ -]{1,64}$',
    }),
  ),
  algorithms: Type.Optional(
    Type.Array(Type.Union([Type.Literal('SHA-512-256'), Type.Literal('SHA-256'), Type.Literal('MD5')]), {
      description:
        'Algorithms that are offered, in this order, for phones that read the first only; left out: SHA-512-256, SHA-256, and last MD5 where allowMd5 is set.',
      minItems: 1,
      uniqueItems: true,
    }),
  ),
  allowMd5: Type.Optional(
    Type.Boolean({
      description: 'Take MD5 too, for phones that know nothing else; left out: false.',
    }),
  ),
});

const numbersSchema = object('How this trunk writes numbers; rules and labels see them as E.164.', {
  countryCode: Type.String({
    description: 'Country code of numbers without one, digits only.',
    pattern: '^[1-9][0-9]{0,2}$',
  }),
  nationalPrefix: Type.Optional(prefix('Before numbers of the same country; left out: 0.')),
  internationalPrefix: Type.Optional(prefix('Before a country code; left out: 00.')),
  bare: Type.Optional(
    Type.Union([Type.Literal('e164'), Type.Literal('national'), Type.Literal('extension')], {
      description:
        'What digits without any prefix are: e164 (country code first), national, or extension (left as they are); left out: extension.',
    }),
  ),
});

const calledSchema = object('One rule for called numbers; the first that matches counts.', {
  number: Type.String({
    description: 'E.164 with plus, an extension or a name; or its beginning and *.',
    pattern: '^(\\+?[0-9]{1,15}\\*?|[A-Za-z][A-Za-z0-9._-]{0,63}\\*?|\\+?\\*)$',
  }),
  to: Type.String({
    description:
      'ivr: the lobby asks for a PIN, and for a meeting’s code where there are several. pin:NAME: for a PIN of that meeting. meeting:NAME: straight to its host, without a PIN. echo: callers hear themselves. refuse: 403. first is the meeting of a start.',
    pattern: '^(ivr|refuse|echo|(pin|meeting):[a-z0-9][a-z0-9._-]{0,63})$',
  }),
  language: Type.Optional(language('Language of its callers; left out: the trunk’s.')),
});

const sipUri = (description: string) =>
  Type.String({
    description,
    pattern:
      '^sips?:([A-Za-z0-9._+-]{1,64}@)?([A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(;transport=(udp|tcp|tls))?$',
  });

const healthSchema = object(
  'Whether its other end is there is asked by OPTIONS; the answer is in the log and the state.',
  {
    target: sipUri('SIP URI that is asked, such as sip:pbx.example.com:5060;transport=tcp.'),
    intervalSeconds: Type.Optional(
      whole('Seconds from one answer to the next question; left out: 30.', 5, 3_600),
    ),
    downAfter: Type.Optional(whole('Silences in a row until it is down; left out: 3.', 1, 20)),
    upAfter: Type.Optional(whole('Answers in a row until it is up again; left out: 2.', 1, 20)),
  },
);

const registrationSchema = object('One account at a PBX or carrier that wants to be registered with.', {
  user: Type.String({
    description: 'User part of the account’s address; calls to it come to the trunk.',
    pattern: '^[A-Za-z0-9._+-]{1,64}$',
  }),
  domain: Type.String({
    description: 'Domain of the account’s address.',
    pattern: '^([A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$',
  }),
  servers: Type.Array(sipUri('SIP URI of a registrar.'), {
    description: 'Registrars, the preferred first; the next is asked where one is silent or in trouble.',
    minItems: 1,
    maxItems: 8,
  }),
  authUser: Type.Optional(
    Type.String({
      description: 'User name of the credentials; left out: user.',
      pattern: '^[A-Za-z0-9._+@-]{1,64}$',
    }),
  ),
  passwordFile: text('File that holds the password, one line.'),
  allowMd5: Type.Optional(
    Type.Boolean({ description: 'Answer a challenge that has nothing but MD5; left out: false.' }),
  ),
  expiresSeconds: Type.Optional(
    whole('Seconds that are asked for; the registrar decides. Left out: 600.', 30, 86_400),
  ),
});

export const trunkSchema = object('Whose calls are taken: one carrier, PBX or range of phones.', {
  name: name('Its name in logs and in latchkey explain.'),
  sources: Type.Array(text('Address or CIDR range that its packets come from, IPv4 or IPv6.'), {
    description: 'Where its packets come from; empty: anywhere, then digest is needed.',
    maxItems: 256,
  }),
  transports: Type.Optional(
    Type.Array(Type.Union([Type.Literal('udp'), Type.Literal('tcp'), Type.Literal('tls')]), {
      description: 'Transports that it may use; left out: any.',
      minItems: 1,
      uniqueItems: true,
    }),
  ),
  tls: Type.Optional(trunkTlsSchema),
  digest: Type.Optional(digestSchema),
  codecs: Type.Optional(
    Type.Array(
      Type.Union([Type.Literal('opus'), Type.Literal('G722'), Type.Literal('PCMU'), Type.Literal('PCMA')]),
      {
        description:
          'Codecs that are agreed on, of opus, G722, PCMU and PCMA, preferred first; left out: all that there are.',
        minItems: 1,
        uniqueItems: true,
      },
    ),
  ),
  srtp: Type.Optional(
    Type.Union([Type.Literal('off'), Type.Literal('allow'), Type.Literal('require')], {
      description:
        'Whether its media is encrypted: off, allow, or require (anything else is 488; its keys need transport tls); left out: allow.',
    }),
  ),
  numbers: Type.Optional(numbersSchema),
  trusted: Type.Optional(
    Type.Boolean({
      description:
        'Its network vouches for callers: P-Asserted-Identity and Remote-Party-ID may count; left out: false.',
    }),
  ),
  callerId: Type.Optional(
    Type.Array(Type.Union([Type.Literal('pai'), Type.Literal('rpid'), Type.Literal('from')]), {
      description: 'Headers that say who calls, the first that is there counts; left out: from.',
      minItems: 1,
      uniqueItems: true,
    }),
  ),
  called: Type.Optional(
    Type.Array(calledSchema, {
      description: 'Which called numbers go where; none matches: 404. Left out: every number to the ivr.',
      minItems: 1,
      maxItems: 1_000,
    }),
  ),
  language: Type.Optional(
    language('Language of its callers, a folder of prompts; left out: by choice or media.language.'),
  ),
  maxCalls: Type.Optional(
    whole('Calls of this trunk at the same time; left out: sip.maxCalls alone counts.', 1, 5_000),
  ),
  whenFull: Type.Optional(
    Type.Union([Type.Literal(486), Type.Literal(503)], {
      description: 'Answer above maxCalls: 486 (busy) or 503 (the carrier tries elsewhere); left out: 503.',
    }),
  ),
  health: Type.Optional(healthSchema),
  registrations: Type.Optional(
    Type.Array(registrationSchema, { description: 'Accounts that are kept registered.', maxItems: 64 }),
  ),
});

export const trunksSchema = Type.Array(trunkSchema, {
  description: 'Whose calls are taken (docs/sip.md). Empty: those of this machine alone.',
  maxItems: 256,
});
