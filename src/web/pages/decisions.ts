import type { Decisions } from '../host/session.ts';
import { isDecider, type AnySession } from './flow.ts';
import type { Problem } from './reasons.ts';
import type { PageController } from './view.ts';

/** The clicks of hosts and co-hosts, and what is said where one does not work out. */

type Clicks = Pick<
  PageController,
  | 'approve'
  | 'deny'
  | 'revoke'
  | 'endLeg'
  | 'muteLeg'
  | 'setLocked'
  | 'admitMember'
  | 'refuseMember'
  | 'removeMember'
  | 'invitePhone'
  | 'cancelInvite'
>;

export interface DecisionTools {
  session(): AnySession | null;
  /** Null: the click before it no longer matters. */
  onProblem(problem: Problem | null): void;
}

/** Reasons that have words of their own; the session gives errors stable messages. */
const named: readonly Problem[] = ['talk-only-impossible', 'ledger-inconsistent'];

function problemOf(error: unknown, otherwise: Problem): Problem {
  const message = error instanceof Error ? error.message : '';
  return named.find((problem) => problem === message) ?? otherwise;
}

export function createClicks(tools: DecisionTools): Clicks {
  const decide = (otherwise: Problem, act: (decisions: Decisions) => Promise<void>): void => {
    tools.onProblem(null);
    const session = tools.session();
    if (session === null || !isDecider(session)) return;
    act(session).catch((error: unknown) => tools.onProblem(problemOf(error, otherwise)));
  };
  const change = (act: (decisions: Decisions) => Promise<void>): void => decide('change-failed', act);
  return {
    approve: (requestHash, approval) =>
      decide('answer-failed', (host) => host.approve(requestHash, approval)),
    deny: (requestHash) => decide('answer-failed', (host) => host.deny(requestHash)),
    revoke: (bridge) => decide('revoke-failed', (host) => host.revoke(bridge)),
    endLeg: (bridge, legId) => change((host) => host.endLeg(bridge, legId)),
    muteLeg: (bridge, legId, muted) => change((host) => host.muteLeg(bridge, legId, muted)),
    setLocked: (locked) => change((host) => host.setLocked(locked)),
    admitMember: (identity) => change((host) => host.admitMember(identity)),
    refuseMember: (identity) => change((host) => host.refuseMember(identity)),
    removeMember: (identity) => change((host) => host.removeMember(identity)),
    invitePhone: (number) =>
      change(async (host) => {
        await host.invitePhone(number);
      }),
    cancelInvite: (dialId) => change((host) => host.cancelInvite(dialId)),
  };
}
