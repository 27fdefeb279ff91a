import type { JSX } from 'preact';
import type { BridgeView, ScopeView } from '../host/session.ts';
import { groupedCode } from './format.ts';
import { useNow } from './hooks.ts';
import type { Texts } from './text/english.ts';
import { useWords } from './use-words.ts';
import type { PageController } from './view.ts';

/** What a bridge was allowed, for how long, and what is known of it. */
export function BridgeFacts(props: { controller: PageController; bridge: BridgeView }): JSX.Element | null {
  const { controller, bridge } = props;
  const { t } = useWords();
  const { scope, suite, code, ledger } = bridge;
  if (scope === null && suite === '' && code === null && ledger === 'none') return null;
  return (
    <dl class="facts bridge-facts">
      {scope === null ? null : (
        <>
          <Fact name={t.bridge.scope}>{t.bridge.audio[scope.audio]}</Fact>
          <Fact name={t.bridge.until}>
            {scope.untilWallMs === 0 ? (
              t.bridge.untilEnd
            ) : (
              <Countdown controller={controller} untilWallMs={scope.untilWallMs} />
            )}
          </Fact>
          <Fact name={t.bridge.later}>{laterWords(scope, t)}</Fact>
        </>
      )}
      {code === null ? null : (
        <Fact name={t.bridge.code}>
          <strong class="bridge-code">{groupedCode(code)}</strong>
        </Fact>
      )}
      {ledger === 'none' ? null : (
        <Fact name={t.bridge.ledger} bad={ledger === 'fork'}>
          {t.bridge.ledgerState[ledger]}
        </Fact>
      )}
      {suite === '' ? null : <Fact name={t.bridge.suite}>{suite}</Fact>}
    </dl>
  );
}

function Fact(props: { name: string; bad?: boolean; children: JSX.Element | string }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd class={props.bad === true ? 'fact-bad' : undefined}>{props.children}</dd>
    </div>
  );
}

function Countdown(props: { controller: PageController; untilWallMs: number }): JSX.Element {
  const { t, format } = useWords();
  const now = useNow(props.controller, 1000);
  return <>{t.bridge.untilAt(format.shortTime(props.untilWallMs), format.left(props.untilWallMs - now))}</>;
}

function laterWords(scope: ScopeView, t: Texts): string {
  if (scope.legs === 'any') return t.bridge.laterAny;
  return scope.next > 0 ? t.bridge.laterNext(scope.next) : t.bridge.laterEach;
}
