import { findingsOf, type Finding, type Patient } from './finding.ts';

const { ok, note } = findingsOf('trunks');

/** Whose calls would be taken. */
export function checkTrunks({ config }: Patient): Finding[] {
  const { trunks } = config;
  if (trunks.length === 0)
    return [
      note({
        found: 'no trunk is configured: only calls from this machine are taken',
        why: 'a carrier’s or PBX’s calls get 403',
        remedy: 'nothing for a trial; otherwise trunks (docs/trunks.md), then try it with latchkey explain',
      }),
    ];
  const anywhere = trunks.filter(({ sources }) => sources.some((range) => /\/0$/.test(range)));
  return trunks.map((trunk) =>
    anywhere.includes(trunk) && trunk.digest === undefined
      ? note({
          found: `trunk ${trunk.name} takes calls from anywhere, without a password`,
          why: 'anybody on the network can try PINs and use up sip.maxCalls',
          remedy: 'name the addresses of the carrier in sources, or add digest',
        })
      : ok(
          `trunk ${trunk.name}: ${trunk.sources.length} source ranges${trunk.digest === undefined ? '' : ', digest'}`,
        ),
  );
}
