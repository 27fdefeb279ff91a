import type { Seen } from './stage.ts';

/**
 * What host, members and connector see at the end of each case, while the server is still at it. A member or bridge that is
 * heard is one whose frames open; "hears host" beside "host lost" is what was left of the old epoch, by who does not send.
 */
export const expected: Readonly<Record<string, Seen>> = {
  'withholds everything from one member': {
    host: 'bridge waiting; hears Bob',
    members: 'Ann: host lost; bridge waiting; hears host, Bob. Bob: bridge waiting; hears host',
    connector: 'gate never opened; hears nobody',
  },
  'withholds everything from everybody': {
    host: 'bridge holds-key; hears nobody',
    members: 'each host lost; bridge granted; hears host',
    connector: 'gate muted; hears nobody',
  },
  'withholds everything from the connector under a grant': {
    host: 'bridge holds-key; hears Ann, Bob',
    members: 'each bridge holds-key; hears host, the other',
    connector: 'gate muted; hears nobody',
  },
  'withholds the revocation from the connector': {
    host: 'bridge locked-out; hears Ann, Bob',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
  'withholds everything from the connector from the revoke on': {
    host: 'bridge locked-out; hears Ann, Bob',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate muted; hears nobody',
  },
  'withholds everything from one member from the revoke on': {
    host: 'bridge locked-out; hears Bob',
    members: 'Ann: host lost; bridge holds-key; hears host, Bob. Bob: bridge locked-out; hears host',
    connector: 'gate closed (revoked); hears nobody',
  },
  'withholds the receipt of the grant': {
    host: 'bridge locked-out; hears Ann, Bob; alarm no-receipt',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
  'withholds the grant from the members': {
    host: 'bridge holds-key; hears phone',
    members: 'each bridge holds-key; hears host, the other; alarm grant-unverified',
    connector: 'gate open; hears host',
  },
  'drops every instance-start': {
    host: 'no bridge; hears nobody',
    members: 'each host lost; no bridge; hears nobody',
    connector: 'gate never opened; hears nobody',
  },
  'drops every instance-end': {
    host: 'bridge locking-out; hears nobody',
    members: 'each host lost; bridge locking-out; hears nobody',
    connector: 'gate closed (meeting-ended); hears nobody',
  },
  'drops every hello': {
    host: 'bridge holds-key; hears phone',
    members: 'each host lost; no bridge; hears nobody',
    connector: 'gate open; hears host',
  },
  'drops every welcome': {
    host: 'bridge holds-key; hears phone',
    members: 'each host lost; no bridge; hears nobody',
    connector: 'gate open; hears host',
  },
  'drops every roster': {
    host: 'bridge waiting; hears nobody',
    members: 'each host lost; no bridge; hears nobody',
    connector: 'gate never opened; hears nobody',
  },
  'drops every bridge-hello': {
    host: 'no bridge; hears Ann, Bob',
    members: 'each no bridge; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'drops every bridge-request': {
    host: 'bridge waiting; hears Ann, Bob',
    members: 'each bridge waiting; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'drops every grant': {
    host: 'bridge granted; hears nobody',
    members: 'each bridge granted; hears host, the other; alarm grant-unverified',
    connector: 'gate never opened; hears nobody',
  },
  'drops every denial': {
    host: 'bridge denied; hears Ann, Bob',
    members: 'each bridge denied; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'drops every leg-request': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'drops every leg-admission': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'drops every leg-refusal': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'drops every rekey': {
    host: 'bridge locked-out; hears Ann, Bob; alarm no-receipt',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
  'drops every revocation': {
    host: 'bridge locked-out; hears Ann, Bob',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
  'drops every switched': {
    host: 'bridge locked-out; hears Ann, Bob',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
  'drops every receipt': {
    host: 'bridge locked-out; hears Ann, Bob; alarm no-receipt',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
  'drops every heartbeat': {
    host: 'bridge waiting; hears nobody',
    members: 'each host lost; no bridge; hears host',
    connector: 'gate never opened; hears nobody',
  },
  'drops every nonce': {
    host: 'bridge holds-key; hears Ann, Bob',
    members: 'each bridge holds-key; hears host, the other',
    connector: 'gate muted; hears nobody',
  },
  'drops every next-key': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'drops every ledger-ask': {
    host: 'bridge asking; asked; hears Ann, Bob',
    members: 'each bridge asking; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'drops every ledger-state': {
    host: 'bridge asking; asked; hears Ann, Bob',
    members: 'each bridge asking; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'drops every witness': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'delays everything by two seconds': {
    host: 'bridge asking; asked; hears Ann, Bob',
    members: 'each bridge waiting; hears the other',
    connector: 'gate never opened; hears nobody',
  },
  'delays everything by six seconds under a grant': {
    host: 'bridge holds-key; hears nobody',
    members: 'each host lost; bridge holds-key; hears host',
    connector: 'gate muted; hears nobody',
  },
  'delivers each second backwards': {
    host: 'bridge asking; asked; hears Ann, Bob',
    members: 'each bridge asking; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'delivers everything three times': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'replays everything that was ever said, after the revoke': {
    host: 'bridge locked-out; hears Ann, Bob',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
  'replays everything that was ever said, after the connector has left': {
    host: 'bridge waiting; hears Ann, Bob',
    members: 'each bridge waiting; hears host, the other',
    connector: 'gate open; hears nobody',
  },
  'keeps the grant back and delivers it after the revoke': {
    host: 'bridge locked-out; hears Ann, Bob',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'replays the whole of an earlier instance to everybody': {
    host: 'bridge waiting; hears Ann, Bob',
    members: 'each bridge waiting; hears host, the other',
    connector: 'gate closed (host-left); hears nobody; alarm term-lower',
  },
  'shows a newcomer nothing but an earlier instance': {
    host: 'bridge waiting; hears Ann',
    members: 'Ann: bridge waiting; hears host. Bob: host lost; no bridge; hears nobody',
    connector: 'gate never opened; hears nobody',
  },
  'puts its own HPKE key into every hello': {
    host: 'bridge holds-key; hears phone',
    members: 'each host lost; no bridge; hears nobody',
    connector: 'gate open; hears host',
  },
  'says hello in the members’ place, with its own keys and their invite MAC': {
    host: 'bridge holds-key; hears phone',
    members: 'each host lost; no bridge; hears nobody',
    connector: 'gate open; hears host',
  },
  'puts its own HPKE key into every next-key': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'signs every next-key anew, with its own keys': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'puts its own HPKE key into the bridge’s request': {
    host: 'bridge waiting; hears Ann, Bob',
    members: 'each bridge waiting; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'puts its own HPKE key into the start of the instance': {
    host: 'no bridge; hears nobody',
    members: 'each host lost; no bridge; hears nobody; alarm bad-signature',
    connector: 'gate never opened; hears nobody',
  },
  'starts the instance in the host’s place, with its own keys': {
    host: 'no bridge; hears nobody',
    members: 'each host lost; no bridge; hears nobody; alarm bad-signature',
    connector: 'gate never opened; hears nobody',
  },
  'asks in the bridge’s place, certified by an operator of its own': {
    host: 'bridge waiting; hears Ann, Bob',
    members: 'each bridge waiting; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'gives the bridge’s identity key a hello, to be let in as a member': {
    host: 'bridge waiting; hears Ann, Bob',
    members: 'each bridge waiting; hears host, the other',
    connector: 'gate never opened; hears nobody',
  },
  'gives each member the other’s welcome': {
    host: 'bridge holds-key; hears phone',
    members: 'each host lost; bridge holds-key; hears nobody',
    connector: 'gate open; hears host',
  },
  'puts a seal of its own into the grant': {
    host: 'bridge locked-out; hears Ann, Bob; alarm no-receipt',
    members: 'each bridge locked-out; hears host, the other; alarm bad-signature, grant-unverified',
    connector: 'gate never opened; hears nobody',
  },
  'widens a grant under its signature': {
    host: 'bridge locked-out; hears Ann, Bob; alarm no-receipt',
    members: 'each bridge locked-out; hears host, the other; alarm bad-signature, grant-unverified',
    connector: 'gate never opened; hears nobody',
  },
  'splits the meeting: each half hears of one member only, from the revoke on': {
    host: 'bridge locked-out; hears Bob',
    members: 'Ann: host lost; bridge holds-key; hears host, Bob. Bob: bridge locked-out; hears host',
    connector: 'gate muted; hears nobody',
  },
  'splits the meeting: one half is kept at an older roster': {
    host: 'bridge locked-out; hears Bob',
    members: 'Ann: host lost; bridge holds-key; hears host, Bob. Bob: bridge locked-out; hears host',
    connector: 'gate closed (revoked); hears nobody',
  },
  'has the host’s key sign two rosters, and gives each half another': {
    host: 'bridge waiting; hears Ann, Bob',
    members:
      'Ann: bridge waiting; hears host, Bob; alarm term-conflict. Bob: bridge waiting; hears host, Ann',
    connector: 'gate never opened; hears nobody',
  },
  'tells the host that one member has left': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'tells everybody that the bridge has left, while it stays': {
    host: 'no bridge; hears Ann, Bob',
    members: 'each no bridge; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
  'names participants who are not there': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'stamps every packet with the name of somebody who is not there': {
    host: 'no bridge; hears nobody',
    members: 'each host lost; no bridge; hears nobody',
    connector: 'gate never opened; hears nobody',
  },
  'stamps the bridge’s packets with a member’s name, and the member’s with the bridge’s': {
    host: 'bridge waiting; hears Bob',
    members: 'Ann: host lost; bridge waiting; hears host, Bob. Bob: bridge waiting; hears host',
    connector: 'gate never opened; hears nobody',
  },
  'writes noise into the data channel, in everybody’s name': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'drops every code-challenge': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'drops every code-reveal': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'drops every removal': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'drops every decision': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'passes frames in the clear on a track that is flagged as encrypted': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob; alarm plaintext-frame',
  },
  'says of an encrypted track that it is not': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob; alarm plaintext-track',
  },
  'replays frames that were heard before': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'passes one member’s frames as another’s': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'changes one bit of each frame': {
    host: 'bridge holds-key; hears Ann, Bob, phone',
    members: 'each bridge holds-key; hears host, the other, phone',
    connector: 'gate open; hears host, Ann, Bob',
  },
  'keeps frames of the grant and passes them on after the revoke': {
    host: 'bridge locked-out; hears Ann, Bob',
    members: 'each bridge locked-out; hears host, the other',
    connector: 'gate closed (revoked); hears nobody',
  },
};

/** Of a case without a row: only the rules that hold in all cases count. */
export const rulesOnly: Seen = {
  host: 'the rules hold',
  members: 'the rules hold',
  connector: 'the rules hold',
};
