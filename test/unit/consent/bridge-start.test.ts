import { expect, it } from 'vitest';
import { toBase64url } from '../../../src/base/bytes.ts';
import { createBridgeEngine } from '../../../src/consent/bridge-engine.ts';
import type { VaultPort } from '../../../src/consent/vault-port.ts';
import { createRoom } from '../../support/consent-room.ts';
import { seededBytes, seededRandom } from '../../support/consent-samples.ts';

it('a bridge whose meeting is lost while it looks into the ledger does not begin', async () => {
  const room = await createRoom();
  const joinId = toBase64url(seededBytes('join', 16));
  const close: (() => Promise<void>)[] = [];
  const highest: VaultPort['highest'] = async () => {
    await close[0]!();
    return room.vault.highest();
  };
  const engine = createBridgeEngine({
    ...{ clock: room.clock, random: seededRandom('bridge'), version: '0.1.0', connectorName: 'bridge-1' },
    ...{
      meetingId: room.meetingId as never,
      registration: room.registration,
      joinId,
      identity: `p-${joinId}`,
    },
    vault: Object.assign(Object.create(room.vault) as VaultPort, { highest }),
    keys: {
      setKey: () => Promise.resolve(),
      overwrite: () => Promise.resolve(),
      destroy: () => undefined,
    },
    send: () => undefined,
    onFact: () => undefined,
  });
  close.push(() => engine.close('meeting-lost'));
  await expect(engine.start()).rejects.toThrow('closed before it began');
});
