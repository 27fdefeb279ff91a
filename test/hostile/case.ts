import { thumbprint } from '../../src/consent/messages/keys.ts';
import { hears, type Tamper } from '../support/consent-room.ts';
import { seededSigner } from '../support/consent-samples.ts';
import { createStage, honest, seen, type Seen, type Stage } from './stage.ts';

/** One thing that a hostile server does, and what everybody sees of it. docs/hostile-server.md has these as its tables. */
export interface Case {
  readonly name: string;
  /** From the first packet on; unset: honest until `play` says otherwise. */
  readonly early?: (room: Stage['room']) => Tamper;
  play(stage: Stage): Promise<void>;
  /** What is seen (test/hostile/expected.ts) is seen before this, and the server goes on during it. */
  then?(stage: Stage): Promise<void>;
  /** Whether an honest server afterwards leads everybody together again with no more help than the host's click on keys that he knows. */
  readonly recovers: boolean;
}

export interface Outcome {
  readonly name: string;
  /** Empty: passed. */
  readonly faults: readonly string[];
  readonly sees: Seen;
}

/** `wanted`: null where only the rules count. Plays one case, then lets the server be honest and sees whether the meeting works. */
export async function playCase(one: Case, wanted: Seen | null): Promise<Outcome> {
  const stage = await createStage(one.early);
  await one.play(stage);
  const sees = seen(stage);
  const faults = (['host', 'members', 'connector'] as const)
    .filter((who) => wanted !== null && sees[who] !== wanted[who])
    .map((who) => `${who}: sees “${sees[who]}”, should see “${wanted?.[who] ?? ''}”`);
  await one.then?.(stage);
  stage.server(honest);
  await stage.pass(10_000);
  await admitOwn(stage);
  await stage.pass(10_000);
  const people = [stage.host, stage.ann, stage.bob];
  const together = people.every((a) => people.every((b) => a === b || hears(a, b)));
  if (together !== one.recovers) {
    const after = seen(stage);
    faults.push(`afterwards: host “${after.host}”, members “${after.members}”`);
  }
  return { name: one.name, faults: [...stage.broken, ...faults], sees };
}

/** After a revocation whoever was not in before needs the host's click, which people give to keys that they know. */
async function admitOwn({ host }: Stage): Promise<void> {
  const own = await Promise.all(
    ['member Ann', 'member Bob'].map((name) => thumbprint(seededSigner(name).publicKey)),
  );
  for (const { identity, thumbprint: key } of host.session.view.knocking) {
    if (own.includes(key)) await host.session.admitMember(identity);
  }
}
