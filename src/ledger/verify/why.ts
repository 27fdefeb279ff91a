/** Why somebody could hear from a moment on, or no longer: in the reports of both programs, and the keys by which a page translates. */
export const because = {
  grant: 'a registered host granted the key to the bridge',
  listed: 'a registered host listed the bridge as a key holder',
  scope: 'a later grant changed what the bridge may do',
  switched: 'every sender had signed that it switched to a key that the bridge did not get',
  asked:
    'apps were asked to change to a key that the bridge did not get; nobody confirms that they did, and no lock-out is claimed',
  tenSeconds:
    '10 s after the host listed a new key that the bridge did not get, the longest that any sender may use the old one',
  alone: 'the host listed a new key that the bridge did not get, and nobody else was there',
  instanceEnded:
    '10 s after the host ended its meeting, the longest that anybody goes on sending without a host',
  admitted: 'a registered host admitted the leg',
  roster: 'a registered host listed the leg as admitted',
  unlisted: 'a registered host no longer listed the leg as admitted',
  ended: 'a registered host ended the leg',
  joined: 'the connector says that the leg joined',
  left: 'the connector says that the leg left, after the host had dropped it',
  stated: '10 s after the connector says that it closed; no signed lock-out is recorded',
  crash: '10 s after the connector started again after a crash; no signed lock-out is recorded',
  stop: '10 s after the connector stopped; no signed lock-out is recorded',
} as const;

export type Why = keyof typeof because;
