/** Where an admitted call goes. `pin`: to that meeting, with its PIN; `meeting`: without; `echo`: the caller hears himself. */
export type CallDestination =
  | { readonly kind: 'ivr' }
  | { readonly kind: 'pin'; readonly name: string }
  | { readonly kind: 'meeting'; readonly name: string }
  | { readonly kind: 'echo' };
