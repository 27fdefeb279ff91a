import { Type, type Static } from 'typebox';
import { adminSchema } from './admin-schema.ts';
import { object, orNull, port, text, whole } from './schema-parts.ts';
import { outboundSchema } from './outbound-schema.ts';
import { sharingSchema } from './sharing-schema.ts';
import {
  dnsServersSchema,
  listenSchema,
  mediaExternalSchema,
  sipExternalSchema,
  sipTlsSchema,
} from './transport-schema.ts';
import { trunksSchema } from './trunk-schema.ts';

const keysSchema = object('How this connector’s identity and ledger keys are kept (docs/keys.md).', {
  protect: Type.Union(
    [Type.Literal('none'), Type.Literal('passphrase'), Type.Literal('key-file'), Type.Literal('pkcs11')],
    {
      description:
        'none: files of mode 0600; passphrase or key-file: sealed with secretFile; pkcs11: made in a token and never out of it.',
    },
  ),
  secretFile: orNull(
    text('File that holds the passphrase, one line, or the key that "latchkey keys new-key-file" made.'),
  ),
  token: orNull(
    object('The PKCS#11 token; Ed25519 (CKM_EDDSA) is needed.', {
      module: text('Path of the PKCS#11 library.'),
      label: text('Label of the token.'),
      pinFile: text('File that holds the user PIN, one line.'),
    }),
  ),
});

const httpSchema = object('Host and member pages and their API.', {
  host: text('Address to listen on. Loopback unless you serve other machines; then set tls too.'),
  port: port('TCP port of the pages.'),
  publicUrl: orNull(
    text(
      'Base URL in printed and copied links, where a reverse proxy stands in front; null: made from host and port.',
    ),
  ),
  trustedProxies: Type.Array(text('Address or CIDR range of a reverse proxy.'), {
    description:
      'Reverse proxies whose X-Forwarded-For says who asks, so that limits count people and not the proxy. Empty: nobody is believed.',
    maxItems: 16,
  }),
  tls: orNull(
    object('Serve https. Browsers give a page away from localhost no microphone without it.', {
      certFile: text('PEM file with the certificate chain.'),
      keyFile: text('PEM file with the private key.'),
    }),
  ),
});

const sessionTimerSchema = object('Session timers (RFC 4028): a call whose peer is gone ends.', {
  expiresSeconds: orNull(
    whole(
      'Seconds until a session that nobody refreshes ends; null: a timer only where the peer asks for one.',
      90,
      86_400,
    ),
  ),
  minSeconds: whole('The shortest interval that is accepted; below it: 422 with Min-SE.', 90, 86_400),
});

const stirSchema = object(
  'Verifies callers’ signed identities (STIR/SHAKEN); the host is told, nothing is decided by it.',
  {
    anchorsFile: text(
      'PEM file of the certificate authorities that are taken (in the US the STI-PA’s list).',
    ),
    certificateHosts: Type.Array(text('Host name, or *. and a domain.'), {
      description: 'Hosts that signers’ certificates are fetched from, by https.',
      minItems: 1,
      maxItems: 200,
    }),
    ownNumbers: Type.Array(Type.String({ description: 'E.164.', pattern: '^[+][1-9][0-9]{3,14}$' }), {
      description: 'Numbers by which callers reach this connector, where a trunk rewrites the called number.',
      maxItems: 1_000,
    }),
  },
);

const sipSchema = object('The phone leg’s signalling.', {
  listen: listenSchema,
  tls: orNull(sipTlsSchema),
  externalAddress: orNull(sipExternalSchema),
  dnsServers: dnsServersSchema,
  drachtio: orNull(
    object('Use this drachtio-server instead of the embedded SIP server.', {
      host: text('Address of its application port.'),
      port: whole('Its application port.', 1, 65_535),
      secretFile: text('File that holds its shared secret, one line.'),
    }),
  ),
  trace: orNull(
    object(
      'Every SIP message of the embedded server, masked, in a file, and in FILE.rtp a line a second of each leg’s RTP (docs/sip.md).',
      {
        file: text('Made with mode 0600; after a start it is added to.'),
        maxMiB: whole('After so many MiB it becomes FILE.1, whose content until then is gone.', 1, 1_024),
      },
    ),
  ),
  dialInNumber: text('The number that invitations show. Calls to any user part are answered.'),
  maxCalls: whole('Calls at the same time; above it: 503 with Retry-After.', 1, 5_000),
  admission: object('How much the embedded SIP server lets in.', {
    messagesPerSecond: whole(
      'Messages a second of one source address (IPv6: /64); for two seconds twice as many. Above it they are not read.',
      10,
      1_000_000,
    ),
    transactionsPerSource: whole(
      'Transactions of one source address; a call over UDP has two until 32 s after its end. Above it: 503 with Retry-After.',
      10,
      200_000,
    ),
    pendingInvites: whole('Calls that are not answered yet; above it: 503 with Retry-After.', 1, 100_000),
    dialogs: whole('Calls that are answered; above it: 503 with Retry-After.', 1, 100_000),
  }),
  sessionTimer: sessionTimerSchema,
  stir: orNull(stirSchema),
  unknownSource: Type.Union([Type.Literal('forbid'), Type.Literal('drop')], {
    description:
      'Answer to requests from outside all trunks: forbid (403), or drop (none at all; with sip.drachtio it is 403).',
  }),
});

const mediaSchema = object('RTP and what callers hear.', {
  host: text('Address for RTP, also announced in SDP; IPv4 or IPv6.'),
  otherHost: orNull(
    text(
      'Address of the other family (IPv6 beside IPv4, or the reverse); an offer by that family gets it. null: none.',
    ),
  ),
  externalAddress: orNull(mediaExternalSchema),
  rtpPorts: object('UDP port range for RTP; even ports are drawn from it at random.', {
    min: whole('Lowest port.', 1_024, 65_534),
    max: whole('Highest port.', 1_025, 65_535),
  }),
  deadLegSeconds: whole(
    'Seconds without any RTP or RTCP from a phone that should send, after which the call is ended; 0: never.',
    0,
    86_400,
  ),
  meetingsPerWorker: whole(
    'Meetings that share one worker process; 1: each has its own. Sharing saves processor time and memory, and weakens what separates meetings (docs/threat-model.md).',
    1,
    64,
  ),
  echo: Type.Boolean({
    description: 'Whether what a phone gives back of the room, as speakerphones do, is kept from the room.',
  }),
  language: Type.String({
    description: 'Language of callers whose trunk has none: a folder of prompts under promptsDir.',
    pattern: '^[a-z]{2}$',
  }),
  promptsDir: orNull(text('Folder of prompt folders; null: the ones that come with Latchkey.')),
});

const lobbySchema = object('How callers are received.', {
  languages: Type.Array(
    Type.String({ description: 'A folder of prompts under promptsDir.', pattern: '^[a-z]{2}$' }),
    {
      description:
        'Languages that callers choose from by a key, where neither number nor trunk has one; fewer than two: not asked.',
      maxItems: 9,
      uniqueItems: true,
    },
  ),
  notice: Type.Union([Type.Literal('full'), Type.Literal('short')], {
    description: 'Which form of the notice is said first, full or short; * says the full one.',
  }),
  pinTries: whole('Wrong PINs after which the call is ended.', 1, 10),
  lockoutFailures: whole(
    'Wrong PINs of one caller within lockoutSeconds after which he is locked out; of one address ten times as many.',
    1,
    1_000,
  ),
  meetingLockoutFailures: whole(
    'Wrong PINs for one meeting within lockoutSeconds after which nobody gets in with a PIN for a while.',
    1,
    100_000,
  ),
  lockoutSeconds: whole(
    'Seconds of a lock-out; the next one without a quiet time in between is twice as long, to at most 64 times.',
    1,
    86_400,
  ),
  noInputSeconds: whole(
    'Seconds without a digit, from the end of what was said, before it is said again; after the third silence the call ends.',
    2,
    120,
  ),
  maxWaitSeconds: whole(
    'Seconds that a caller waits for the host before the call is ended with a spoken reason.',
    10,
    86_400,
  ),
  stillWaitingSeconds: whole('Seconds between two “still waiting” announcements.', 5, 3_600),
  maxCallMinutes: orNull(
    whole('Minutes after which a call is ended, with a warning one minute before; null: never.', 2, 10_080),
  ),
  redialMinutes: whole(
    'Minutes within which a caller whose call broke off is told that the host is asked again; 0: never told.',
    0,
    1_440,
  ),
  askAgainSeconds: whole('Seconds between two requests of the same caller (*1).', 1, 3_600),
});

const callersSchema = object('Callers and the meeting.', {
  pinRotation: object('When the room PIN of a meeting is replaced, unless the meeting says otherwise.', {
    hours: orNull(whole('Hours after which it is replaced; null: never by time.', 1, 8_760)),
    eachMeeting: Type.Boolean({ description: 'Replaced whenever the host has ended the meeting.' }),
  }),
  announce: Type.Union([Type.Literal('tone'), Type.Literal('spoken'), Type.Literal('off')], {
    description: 'How the room hears that a caller joins or leaves; spoken: in media.language.',
  }),
});

const meetingSchema = object('The meeting server.', {
  server: orNull(
    object('Use this LiveKit server instead of the embedded SFU.', {
      url: text('ws:// or wss:// URL, as the browsers and the connector reach it.'),
      apiKey: text('Its API key.'),
      apiSecretFile: text('File that holds its API secret, one line.'),
    }),
  ),
  bindAddress: orNull(text('Local address for the connector’s WebRTC; null: any.')),
});

const sfuSchema = object('The embedded SFU; not started where meeting.server is set.', {
  host: text('Address to listen on.'),
  port: port('TCP port of its signalling.'),
  rtcBindAddress: text('Address for WebRTC.'),
  rtcPort: port('UDP port for all WebRTC traffic.'),
  tap: orNull(
    object('Copies every published, still end-to-end encrypted packet to this address: for audits.', {
      host: text('Loopback address of the receiver.'),
      port: whole('UDP port of the receiver.', 1, 65_535),
    }),
  ),
});

const ledgerSchema = object('Where the consent ledger is kept.', {
  store: Type.Union([Type.Literal('sqlite'), Type.Literal('postgres')], {
    description: 'sqlite: a file in dataDir. postgres: a database that several connectors share.',
  }),
  postgres: orNull(
    object('The database of the ledger, where store is postgres.', {
      url: text(
        'postgres://user@host:port/database without a password; on another machine with ?sslmode=verify-full, and sslrootcert=FILE for an authority of your own.',
      ),
      passwordFile: orNull(
        text('File that holds the password, one line; null where the server asks for none.'),
      ),
      log: Type.String({
        description: 'Name of this connector’s log in the database, different for each connector.',
        pattern: '^[A-Za-z0-9._-]{1,64}$',
      }),
    }),
  ),
  retention: object(
    'How long what is kept; past it, the running connector lets it go and records that it did.',
    {
      label: orNull(
        whole('Days that the labels of callers are kept beside the log; null: until erased.', 0, 36_500),
      ),
      events: orNull(
        whole(
          'Days that the contents of events are kept once their whole meeting is that old; hashes and proofs stay; null: for good.',
          0,
          36_500,
        ),
      ),
    },
  ),
  witnesses: Type.Array(
    object('An external witness (C2SP tlog-witness) that cosigns the ledger’s checkpoints.', {
      name: Type.String({ description: 'Its name in logs.', pattern: '^[A-Za-z0-9._-]{1,64}$' }),
      key: text(
        'Its verifier key, name+id+base64, as its operator publishes it (Ed25519 cosignatures, type 0x04).',
      ),
      url: text('Its submission prefix, http:// or https://; no redirect is followed.'),
    }),
    { description: 'Who else cosigns what the ledger was; whoever fails blocks nothing.', maxItems: 16 },
  ),
});

/**
 * The one schema of the configuration. Every key has a description with its unit; docs/configuration.md is made from
 * it (`test/unit/config`), and `config/default.json` holds every key
 * outside lists.
 */
export const configSchema = object('Latchkey configuration.', {
  dataDir: text('Folder of keys and ledger, made with mode 0700; relative to the working directory.'),
  raisePriority: Type.Boolean({
    description:
      'Run all processes above the others of the machine (nice -7), where the system permits it: late audio is heard.',
  }),
  logLevel: Type.Union(
    [
      Type.Literal('debug'),
      Type.Literal('info'),
      Type.Literal('warn'),
      Type.Literal('error'),
      Type.Literal('silent'),
    ],
    { description: 'debug, info, warn, error or silent.' },
  ),
  connector: object('Who runs this bridge, as hosts see it.', {
    name: Type.String({ description: 'Name of this connector.', minLength: 1, maxLength: 64 }),
    operator: Type.String({
      description: 'Name of its operator; where there is a certificate, that says it.',
      minLength: 1,
      maxLength: 64,
    }),
    certificateFile: orNull(
      text(
        'The operator’s certificate for this connector; null: certificate.jws in dataDir, where it is there.',
      ),
    ),
    revocationsFile: orNull(
      text('The operator’s revocation list; null: revocations.jws in dataDir, where it is there.'),
    ),
    revocationsGraceMinutes: whole(
      'Minutes for which a list that has become unusable may stand; then no key is asked for until it is good again.',
      0,
      10_080,
    ),
  }),
  ledger: ledgerSchema,
  sharing: sharingSchema,
  keys: keysSchema,
  http: httpSchema,
  admin: adminSchema,
  sip: sipSchema,
  trunks: trunksSchema,
  outbound: outboundSchema,
  media: mediaSchema,
  lobby: lobbySchema,
  callers: callersSchema,
  meeting: meetingSchema,
  sfu: sfuSchema,
});

export type Config = Static<typeof configSchema>;
