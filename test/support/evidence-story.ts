import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonLines } from '../../src/ledger/export/json-lines.ts';
import { sqliteRecords } from '../../src/ledger/records.ts';
import type { HostSession } from '../../src/web/host/session.ts';
import { giveRealVault } from './consent-real-vault.ts';
import { callerOf, createRoom, type Room } from './consent-room.ts';
import { settled } from './consent-settle.ts';

/** What a host took home of a meeting, and the ledger of the connector in it. */
export interface EvidenceStory {
  readonly evidence: string;
  readonly ledger: string;
  readonly exported: string;
}

/** Everybody there, a caller let in, talked, the key taken back, the meeting ended. */
async function play(room: Room): Promise<HostSession> {
  const host = await room.host();
  await room.member('Ann');
  await room.member('Bob');
  const bridge = await room.bridge();
  bridge.engine.callersWaiting([callerOf('1')]);
  await settled();
  await room.pass(1_000);
  await host.session.approve(host.session.view.prompt!.requestHash);
  await room.pass(5_000);
  await host.session.revoke(host.session.view.bridges[0]!.thumbprint);
  await room.pass(6_000);
  await host.session.end();
  await room.pass(3_000);
  const closed = bridge.engine.close('meeting-ended');
  await room.pass(12_000);
  await closed;
  return host.session;
}

/** The same with a deputy who lets the first caller in, sends the second away, and takes the key back. */
async function playDeputy(room: Room): Promise<HostSession> {
  const host = await room.host();
  const deputy = await room.coHost('deputy');
  const bridge = await room.bridge();
  await room.pass(2_500);
  const ask = async (name: string): Promise<string> => {
    bridge.engine.callersWaiting([callerOf(name)]);
    await settled();
    await room.pass(1_000);
    return deputy.session.view.prompt!.requestHash;
  };
  await deputy.session.approve(await ask('1'));
  await room.pass(2_000);
  await deputy.session.deny(await ask('2'));
  await room.pass(2_000);
  await deputy.session.approve(await ask('3'));
  await room.pass(2_000);
  await deputy.session.revoke(deputy.session.view.bridges[0]!.thumbprint);
  await room.pass(6_000);
  const closed = bridge.engine.close('meeting-ended');
  await room.pass(12_000);
  await closed;
  return host.session;
}

/** Files of that name in the folder: NAME.evidence.jsonl, NAME.sqlite and its export NAME.jsonl. */
export async function evidenceStory(
  dir: string,
  name: string,
  { room, deputy = false }: { readonly room?: Room; readonly deputy?: boolean } = {},
): Promise<EvidenceStory> {
  const played = room ?? (await createRoom(deputy ? { coHosts: ['deputy'] } : {}));
  const ledger = join(dir, `${name}.sqlite`);
  const writer = await giveRealVault(played, ledger);
  const session = await (deputy ? playDeputy(played) : play(played));
  await writer.close();
  const evidence = join(dir, `${name}.evidence.jsonl`);
  await writeFile(evidence, (await session.evidence())!);
  const exported = join(dir, `${name}.jsonl`);
  await writeFile(exported, `${[...jsonLines(sqliteRecords(ledger), 'with')].join('\n')}\n`);
  return { evidence, ledger, exported };
}
