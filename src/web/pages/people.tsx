import type { JSX } from 'preact';
import type { BridgeView, LegView, MeetingView, MemberView } from '../host/session.ts';
import { shortThumbprint, shownName } from './format.ts';
import { useLevel } from './hooks.ts';
import { KeyIcon, NoKeyIcon, PhoneIcon } from './icons.tsx';
import { admittedLegs, mayHear, operatorOf } from './truth.ts';
import type { PageController } from './view.ts';
import { useWords } from './use-words.ts';

/** One list in two parts: who can hear, and who cannot. Bridges and calls stand in it like anybody else. */
export function People({
  controller,
  meeting,
}: {
  controller: PageController;
  meeting: MeetingView;
}): JSX.Element {
  const t = useWords().t.people;
  const hearing = meeting.members.filter((m) => m.holdsKey);
  const deaf = meeting.members.filter((m) => !m.holdsKey);
  const bridgesIn = meeting.bridges.filter(mayHear);
  const bridgesOut = meeting.bridges.filter((bridge) => !mayHear(bridge));
  // A bridge with a key and no call counts too: it can hear.
  const count =
    hearing.length + bridgesIn.reduce((sum, bridge) => sum + Math.max(1, admittedLegs(bridge).length), 0);
  return (
    <section class="card people" aria-labelledby="people-title">
      <h2 id="people-title">
        {t.title} <span class="count">{count}</span>
      </h2>
      <ul class="rows">
        {hearing.map((member) => (
          <MemberRow key={member.identity} member={member} controller={controller} />
        ))}
        {bridgesIn.map((bridge) => (
          <BridgeRow key={bridge.identity} bridge={bridge} controller={controller} />
        ))}
      </ul>
      {deaf.length + bridgesOut.length === 0 ? null : (
        <>
          <h3>{t.cannotHear}</h3>
          <ul class="rows rows-out">
            {deaf.map((member) => (
              <MemberRow key={member.identity} member={member} controller={controller} />
            ))}
            {bridgesOut.map((bridge) => (
              <BridgeRow key={bridge.identity} bridge={bridge} controller={controller} />
            ))}
          </ul>
        </>
      )}
      {meeting.members.length <= 1 && meeting.role === 'host' ? <p class="quiet">{t.empty}</p> : null}
    </section>
  );
}

function Meter({ controller, identity }: { controller: PageController; identity: string }): JSX.Element {
  const ref = useLevel(controller, identity);
  return (
    <span class="meter" ref={ref} aria-hidden="true">
      <i />
      <i />
      <i />
      <i />
    </span>
  );
}

function Holds({ key_ }: { key_: boolean }): JSX.Element {
  const t = useWords().t.people;
  return (
    <span class={key_ ? 'holds' : 'holds holds-not'}>
      {key_ ? <KeyIcon /> : <NoKeyIcon />}
      <span class="visually-hidden">{key_ ? t.hasKey : t.noKey}</span>
    </span>
  );
}

/** A colour from the key, not from the name: two people of one name differ. */
function hue(thumbprint: string): number {
  let sum = 0;
  for (const c of thumbprint.slice(0, 8)) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) % 12;
  return sum;
}

function MemberRow({ member, controller }: { member: MemberView; controller: PageController }): JSX.Element {
  const t = useWords().t.people;
  const name = shownName(member.name) || t.unnamed;
  return (
    <li class="row">
      <span class={`avatar hue-${hue(member.thumbprint)}`} aria-hidden="true">
        {Array.from(name)[0]?.toUpperCase() ?? '?'}
      </span>
      <span class="row-name" title={t.thumbprint(shortThumbprint(member.thumbprint))}>
        <bdi>{name}</bdi>
        {member.isMe ? <span class="tag">{t.you}</span> : null}
        {member.isHost ? <span class="tag tag-host">{t.host}</span> : null}
      </span>
      {member.holdsKey ? <Meter controller={controller} identity={member.identity} /> : null}
      <Holds key_={member.holdsKey} />
    </li>
  );
}

function BridgeRow({ bridge, controller }: { bridge: BridgeView; controller: PageController }): JSX.Element {
  const { t } = useWords();
  const hears = mayHear(bridge);
  return (
    <>
      <li class="row row-bridge">
        <span class="avatar avatar-bridge" aria-hidden="true">
          <PhoneIcon />
        </span>
        <span class="row-name">
          <bdi>{operatorOf(bridge, t)}</bdi>
          <span class={hears ? 'tag tag-open' : 'tag'}>{t.people.bridge}</span>
        </span>
        <Holds key_={hears} />
      </li>
      {admittedLegs(bridge).map((leg: LegView) => (
        <li key={leg.legId} class="row row-leg">
          <span class="row-name">
            <bdi>{shownName(leg.display) || t.bridge.unknownCaller}</bdi>
            <span class="tag tag-open">{t.people.phone}</span>
          </span>
          <Meter controller={controller} identity={leg.legId} />
        </li>
      ))}
    </>
  );
}
