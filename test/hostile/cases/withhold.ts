import type { Case } from '../case.ts';
import { untilSilentMs, without } from '../stage.ts';

/** The server keeps packets back. */
export const withholding: readonly Case[] = [
  {
    name: 'withholds everything from one member',
    async play(stage) {
      stage.server(without(({ to }) => to === stage.ann.identity));
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'withholds everything from everybody',
    async play(stage) {
      await stage.ask();
      await stage.approve();
      stage.server(() => []);
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'withholds everything from the connector under a grant',
    async play(stage) {
      await stage.ask();
      await stage.approve();
      await stage.pass(2_000);
      stage.server(without(({ to }) => to === stage.bridge.identity));
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'withholds the revocation from the connector',
    async play(stage) {
      await stage.ask();
      await stage.approve();
      await stage.pass(2_000);
      stage.server(
        without(({ to, message }) => to === stage.bridge.identity && message?.type === 'revocation'),
      );
      await stage.revoke();
      await stage.pass(3_000);
    },
    recovers: true,
  },
  {
    name: 'withholds everything from the connector from the revoke on',
    async play(stage) {
      await stage.ask();
      await stage.approve();
      await stage.pass(2_000);
      stage.server(without(({ to }) => to === stage.bridge.identity));
      await stage.revoke();
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'withholds everything from one member from the revoke on',
    async play(stage) {
      await stage.ask();
      await stage.approve();
      await stage.pass(2_000);
      stage.server(without(({ to }) => to === stage.ann.identity));
      await stage.revoke();
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'withholds the receipt of the grant',
    async play(stage) {
      await stage.ask();
      stage.server(without(({ message }) => message?.type === 'receipt'));
      await stage.approve();
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'withholds the grant from the members',
    async play(stage) {
      await stage.ask();
      stage.server(without(({ message, to }) => message?.type === 'grant' && to !== stage.bridge.identity));
      await stage.approve();
      await stage.pass(3_000);
    },
    recovers: true,
  },
];
