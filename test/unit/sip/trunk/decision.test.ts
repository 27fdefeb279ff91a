import { describe, expect, it } from 'vitest';
import { statedCallers, type IdentityHeaders } from '../../../../src/sip/trunk/caller.ts';
import { decide, type CallFacts, type CallState, type Verdict } from '../../../../src/sip/trunk/decision.ts';
import { answeredSources, planTrunks, type TrunkSettings } from '../../../../src/sip/trunk/trunk.ts';

const carrier: TrunkSettings = {
  name: 'carrier',
  sources: ['192.0.2.0/24', '2001:db8::/32'],
  transports: ['udp', 'tcp'],
  trusted: true,
  callerId: ['pai', 'from'],
  numbers: { countryCode: '49' },
  called: [
    { number: '+4930999', to: 'refuse' },
    { number: '+49301234', to: 'meeting:first' },
    { number: '+49305678', to: 'meeting:gone' },
    { number: '+4930*', to: 'ivr' },
  ],
  maxCalls: 2,
  whenFull: 486,
};
const phones: TrunkSettings = {
  name: 'phones',
  sources: [],
  digest: { users: [{ name: 'office', passwordFile: '/none' }] },
};

interface Call {
  readonly trunks?: readonly TrunkSettings[];
  readonly unknown?: 'forbid' | 'drop';
  readonly source?: string;
  readonly transport?: string;
  readonly called?: string;
  readonly headers?: Partial<IdentityHeaders>;
  readonly media?: CallFacts['media'];
  readonly user?: string;
  readonly state?: Partial<CallState>;
}

function judge(call: Call): Verdict {
  const sip = { unknownSource: call.unknown ?? ('forbid' as const), drachtio: null };
  const plan = planTrunks({ trunks: call.trunks ?? [carrier, phones], sip });
  const from = { user: '03011111', displayName: 'Ann' };
  return decide(
    plan,
    {
      source: { address: call.source ?? '192.0.2.9', transport: call.transport ?? 'udp' },
      callers: statedCallers({ from, asserted: null, remoteParty: null, privacy: null, ...call.headers }),
      called: call.called ?? '03055',
      media: call.media ?? { rtp: true, srtp: false },
      claimedUser: call.user ?? null,
    },
    { callsOn: () => 0, hasMeeting: (name) => name === 'first', verify: () => 'absent', ...call.state },
  );
}

function told(verdict: Verdict): string {
  if (verdict.kind === 'accept') return `${verdict.trunk.name} ${verdict.destination.kind}`;
  if (verdict.kind === 'reject') return `${verdict.status} ${verdict.cause}`;
  return verdict.kind === 'challenge' ? `401 ${verdict.cause}${verdict.stale ? ' stale' : ''}` : 'silence';
}

describe('what becomes of a call', () => {
  it('knows a trunk by the address of the packet, in IPv4, IPv6 and mapped', () => {
    expect(told(judge({}))).toBe('carrier ivr');
    expect(told(judge({ source: '2001:db8:7::1' }))).toBe('carrier ivr');
    expect(told(judge({ source: '::ffff:192.0.2.4' }))).toBe('carrier ivr');
    expect(told(judge({ trunks: [carrier], source: '192.0.3.1' }))).toBe('403 unknown-source');
  });

  it('is silent to strangers where that is configured, but not where digest may let anybody in', () => {
    expect(told(judge({ trunks: [carrier], unknown: 'drop', source: '198.51.100.1' }))).toBe('silence');
    expect(told(judge({ unknown: 'drop', source: '198.51.100.1' }))).toBe('401 credentials-missing');
    const answered = (trunks: TrunkSettings[], drachtio: object | null = null) =>
      answeredSources(planTrunks({ trunks, sip: { unknownSource: 'drop', drachtio } }));
    expect(answered([carrier])).toEqual(['192.0.2.0/24', '2001:db8::/32']);
    expect(answered([carrier, phones])).toBeNull();
    expect(answered([carrier], {})).toBeNull();
  });

  it('refuses a transport that the trunk does not use', () => {
    expect(told(judge({ trunks: [carrier], transport: 'tls' }))).toBe('403 transport');
  });

  it('asks for credentials, and again where the nonce is old, and refuses wrong ones', () => {
    const source = '198.51.100.1';
    const after = (verification: 'right' | 'wrong' | 'stale' | 'algorithm') =>
      told(judge({ source, user: 'office', state: { verify: () => verification } }));
    expect(told(judge({ source }))).toBe('401 credentials-missing');
    expect(after('stale')).toBe('401 credentials-stale stale');
    expect(after('algorithm')).toBe('401 credentials-missing');
    expect(after('wrong')).toBe('403 credentials-wrong');
    expect(after('right')).toBe('phones ivr');
  });

  it('takes the trunk whose user is claimed, where several share a source, and proves that one', () => {
    const both = [
      { ...phones, name: 'a', sources: ['192.0.2.0/24'] },
      {
        ...phones,
        name: 'b',
        sources: ['192.0.2.0/24'],
        digest: { users: [{ name: 'bob', passwordFile: 'x' }] },
      },
    ];
    const proved: string[] = [];
    const verify: CallState['verify'] = (trunk) => {
      proved.push(trunk.name);
      return 'right';
    };
    expect(told(judge({ trunks: both, user: 'bob', state: { verify } }))).toBe('b ivr');
    expect(proved).toEqual(['b']);
  });

  it('never lets a claimed user of an open trunk skip the digest of another', () => {
    expect(told(judge({ trunks: [{ ...phones, sources: ['192.0.2.0/24'] }], user: 'nobody' }))).toBe(
      '401 credentials-missing',
    );
  });

  it('takes the first rule for the called number, by E.164', () => {
    expect(told(judge({ called: '0301234' }))).toBe('carrier meeting');
    expect(told(judge({ called: '+49301234' }))).toBe('carrier meeting');
    expect(told(judge({ called: '0049301234' }))).toBe('carrier meeting');
    expect(told(judge({ called: '030999' }))).toBe('403 number-refused');
    expect(told(judge({ called: '0405' }))).toBe('404 number-unknown');
    expect(told(judge({ called: '0305678' }))).toBe('404 meeting-unknown');
  });

  it('counts the calls of the trunk', () => {
    expect(told(judge({ state: { callsOn: () => 1 } }))).toBe('carrier ivr');
    expect(told(judge({ state: { callsOn: () => 2 } }))).toBe('486 trunk-full');
    const { whenFull: _left, ...plain } = carrier;
    expect(told(judge({ trunks: [plain], state: { callsOn: () => 2 } }))).toBe('503 trunk-full');
  });

  it('holds the trunk to its media policy', () => {
    const offers = {
      rtp: { rtp: true, srtp: false },
      srtp: { rtp: false, srtp: true },
      late: { rtp: false, srtp: false },
    };
    const under = (srtp: 'off' | 'require', kind: keyof typeof offers) =>
      told(
        judge({
          trunks: [{ ...phones, digest: undefined, sources: ['::/0', '0.0.0.0/0'], srtp } as never],
          media: offers[kind],
        }),
      );
    expect([under('off', 'rtp'), under('off', 'srtp'), under('off', 'late')]).toEqual([
      'phones ivr',
      '488 media-policy',
      'phones ivr',
    ]);
    // A late offer is ours, and then has SRTP or is not made.
    expect([under('require', 'rtp'), under('require', 'srtp'), under('require', 'late')]).toEqual([
      '488 media-policy',
      'phones ivr',
      'phones ivr',
    ]);
  });

  it('names every check that it made, the failed one last', () => {
    const { checks } = judge({ state: { callsOn: () => 2 } });
    expect(checks.map(({ name }) => name)).toEqual([
      'source',
      'transport',
      'called number',
      'caller',
      'media',
      'capacity',
    ]);
    expect(checks.filter(({ passed }) => !passed)).toEqual([checks.at(-1)]);
  });

  it('takes calls of this machine alone where no trunk is configured', () => {
    expect(told(judge({ trunks: [], source: '127.0.0.1' }))).toBe('this-machine ivr');
    expect(told(judge({ trunks: [], source: '::1' }))).toBe('this-machine ivr');
    expect(told(judge({ trunks: [], source: '192.168.1.5' }))).toBe('403 unknown-source');
  });
});

describe('who calls', () => {
  const caller = (headers: Partial<IdentityHeaders>, trunk: TrunkSettings = carrier) => {
    const verdict = judge({ trunks: [trunk], headers });
    if (verdict.kind !== 'accept') throw new Error('not accepted');
    return `${verdict.caller.source ?? 'none'} ${verdict.caller.number.text}`;
  };

  it('is the asserted identity on a trunk that is configured for it, and From elsewhere', () => {
    const asserted = '"Bob, \\"B\\"" <sip:bob@carrier.example>, <tel:+49-30-22222>';
    expect(caller({ asserted })).toBe('pai +493022222');
    expect(caller({ asserted }, { ...carrier, callerId: ['from'] })).toBe('from +493011111');
    expect(caller({})).toBe('from +493011111');
  });

  it('is withheld where the caller wants that, whatever is known', () => {
    const asserted = '<tel:+493022222>';
    expect(caller({ asserted, privacy: 'id;critical' })).toBe('none ');
    expect(caller({ asserted, from: { user: 'anonymous', displayName: 'Anonymous' } })).toBe('none ');
    expect(caller({ asserted, privacy: 'none' })).toBe('pai +493022222');
  });

  it('reads Remote-Party-ID of the calling party', () => {
    const trunk: TrunkSettings = { ...carrier, callerId: ['rpid', 'from'] };
    expect(
      caller({ remoteParty: '"B" <sip:03033333@pbx>;party=calling;screen=yes;privacy=off' }, trunk),
    ).toBe('rpid +493033333');
    expect(caller({ remoteParty: '<sip:03033333@pbx>;party=called' }, trunk)).toBe('from +493011111');
    expect(caller({ remoteParty: '<sip:03033333@pbx>;privacy=full' }, trunk)).toBe('none ');
  });

  it('survives any header', () => {
    for (const asserted of [
      '',
      ',',
      '<',
      '<<>>',
      '"',
      '"\\',
      'sip:',
      '<sip:%ff@x>',
      '<http://x>',
      ',,<tel:1>',
    ])
      expect(() => caller({ asserted })).not.toThrow();
  });
});
