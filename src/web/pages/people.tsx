import type { JSX } from 'preact';
import type { BridgeView, LegView, MeetingView, MemberView } from '../host/session.ts';
import { AskInPlace } from './ask-in-place.tsx';
import { shortThumbprint } from './format.ts';
import { hearingCount, mayHear, type Hearer, type Since } from './hearing.ts';
import { useLevel } from './hooks.ts';
import { KeyIcon, NoKeyIcon, PhoneIcon, RemoveIcon } from './icons.tsx';
import { LockSwitch } from './lock-switch.tsx';
import { callerName, personName } from './names.ts';
import { admittedLegs, operatorOf } from './truth.ts';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

export interface PeopleProps {
  readonly controller: PageController;
  readonly meeting: MeetingView;
  readonly hearers: readonly Hearer[];
  /** Whether this page may decide: for the host and co-hosts. */
  readonly decides: boolean;
}

/** One list in two parts: who can hear, and who cannot. Bridges and calls stand in it like anybody else. */
export function People({ controller, meeting, hearers, decides }: PeopleProps): JSX.Element {
  const t = useWords().t.people;
  const deaf = meeting.members.filter((m) => !m.holdsKey && !isFading(hearers, m.identity));
  const bridgesOut = meeting.bridges.filter((bridge) => !mayHear(bridge));
  const { people, phones } = hearingCount(hearers);
  // A bridge with a key and no call counts too: it can hear.
  const silent = hearers.filter((h) => h.kind === 'bridge' && admittedLegs(h.bridge).length === 0).length;
  return (
    <section class="card people" aria-labelledby="people-title">
      <h2 id="people-title">
        {t.title} <span class="count">{people + phones + silent}</span>
      </h2>
      <ul class="rows">
        {hearers.map((hearer) => (
          <HearerRow key={idOf(hearer)} controller={controller} hearer={hearer} decides={decides} />
        ))}
      </ul>
      {deaf.length + bridgesOut.length === 0 ? null : (
        <>
          <h3>{t.cannotHear}</h3>
          <ul class="rows rows-out">
            {deaf.map((member) => (
              <MemberRow
                key={member.identity}
                controller={controller}
                member={member}
                removable={decides && mayBeRemoved(member)}
              />
            ))}
            {bridgesOut.map((bridge) => (
              <BridgeOut key={bridge.identity} bridge={bridge} controller={controller} />
            ))}
          </ul>
        </>
      )}
      {meeting.members.length <= 1 && meeting.role === 'host' ? <p class="quiet">{t.empty}</p> : null}
      <LockSwitch controller={controller} locked={meeting.locked} decides={decides} />
    </section>
  );
}

const isFading = (hearers: readonly Hearer[], identity: string): boolean =>
  hearers.some((h) => h.kind === 'member' && h.member.identity === identity);

const mayBeRemoved = (member: MemberView): boolean => !member.isMe && !member.isHost;

function idOf(hearer: Hearer): string {
  if (hearer.kind === 'member') return hearer.member.identity;
  return hearer.kind === 'bridge' ? hearer.bridge.identity : `${hearer.bridge.identity} ${hearer.leg.legId}`;
}

function HearerRow(props: { controller: PageController; hearer: Hearer; decides: boolean }): JSX.Element {
  const { controller, hearer } = props;
  const t = useWords().t.people;
  if (hearer.kind === 'member') {
    return (
      <MemberRow
        controller={controller}
        member={hearer.member}
        removable={props.decides && !hearer.fading && mayBeRemoved(hearer.member)}
        since={hearer.since}
        {...(hearer.fading ? { note: t.leaving } : {})}
      />
    );
  }
  if (hearer.kind === 'leg') {
    return <LegRow controller={controller} leg={hearer.leg} since={hearer.since} />;
  }
  const note = hearer.fading ? t.leaving : hearer.bridge.state === 'locking-out' ? t.lockingOut : null;
  return <BridgeRow bridge={hearer.bridge} hears since={hearer.since} {...(note === null ? {} : { note })} />;
}

/** Bridges that cannot hear, with the calls that speak into the meeting all the same. */
function BridgeOut({ bridge, controller }: { bridge: BridgeView; controller: PageController }): JSX.Element {
  const legs = admittedLegs(bridge);
  const t = useWords().t.people;
  return (
    <>
      <BridgeRow bridge={bridge} hears={false} {...(legs.length === 0 ? {} : { note: t.speaksOnly })} />
      {legs.map((leg) => (
        <LegRow key={leg.legId} controller={controller} leg={leg} />
      ))}
    </>
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

function Notes({ since, note }: { since?: Since; note?: string }): JSX.Element | null {
  const { t, format } = useWords();
  if (since === undefined && note === undefined) return null;
  const time = since === undefined ? '' : format.shortTime(since.wallMs);
  return (
    <span class="row-notes">
      {note === undefined ? null : <span class="row-note">{note}</span>}
      {since === undefined ? null : (
        <span>{since.orEarlier ? t.people.sinceEarlier(time) : t.people.since(time)}</span>
      )}
    </span>
  );
}

/** A colour from the key, not from the name: two people of one name differ. */
function hue(thumbprint: string): number {
  let sum = 0;
  for (const c of thumbprint.slice(0, 8)) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) % 12;
  return sum;
}

interface MemberRowProps {
  readonly controller: PageController;
  readonly member: MemberView;
  readonly removable: boolean;
  readonly since?: Since;
  readonly note?: string;
}

function MemberRow({ controller, member, removable, ...notes }: MemberRowProps): JSX.Element {
  const { t: words } = useWords();
  const t = words.people;
  const name = personName(member, words);
  return (
    <li class="row">
      <span class={`avatar hue-${hue(member.thumbprint)}`} aria-hidden="true">
        {Array.from(name)[0]?.toUpperCase() ?? '?'}
      </span>
      <span class="row-name" title={t.thumbprint(shortThumbprint(member.thumbprint))}>
        <bdi>{name}</bdi>
        {member.isMe ? <span class="tag">{t.you}</span> : null}
        {member.isHost ? <span class="tag tag-host">{t.host}</span> : null}
        {member.isCoHost ? <span class="tag tag-host">{t.coHost}</span> : null}
        <Notes {...notes} />
      </span>
      {member.holdsKey && notes.note === undefined ? (
        <Meter controller={controller} identity={member.identity} />
      ) : null}
      {removable ? (
        <AskInPlace
          class="button-icon"
          label={t.removeName(name)}
          ask={t.removeAsk(name)}
          yes={t.removeYes}
          no={t.removeNo}
          onYes={() => controller.removeMember(member.identity)}
        >
          <RemoveIcon />
        </AskInPlace>
      ) : null}
      <Holds key_={member.holdsKey} />
    </li>
  );
}

function BridgeRow(props: { bridge: BridgeView; hears: boolean; since?: Since; note?: string }): JSX.Element {
  const { bridge, hears, ...notes } = props;
  const { t } = useWords();
  return (
    <li class="row row-bridge">
      <span class="avatar avatar-bridge" aria-hidden="true">
        <PhoneIcon />
      </span>
      <span class="row-name">
        <bdi>{operatorOf(bridge, t)}</bdi>
        <span class={hears ? 'tag tag-open' : 'tag'}>{t.people.bridge}</span>
        <Notes {...notes} />
      </span>
      <Holds key_={hears} />
    </li>
  );
}

function LegRow(props: { controller: PageController; leg: LegView; since?: Since }): JSX.Element {
  const { t } = useWords();
  const { leg, since } = props;
  return (
    <li class="row row-leg">
      <span class="row-name">
        <bdi>{callerName(leg, t)}</bdi>
        <span class="tag tag-open">{t.people.phone}</span>
        {leg.muted ? <span class="tag">{t.bridge.legMuted}</span> : null}
        {since === undefined ? null : <Notes since={since} />}
      </span>
      <Meter controller={props.controller} identity={leg.legId} />
    </li>
  );
}
