/** What somebody may do at the admin listener. Each role may do what the one before it may. */
export const roles = ['reader', 'auditor', 'operator'] as const;

export type Role = (typeof roles)[number];

export const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);

export const mayAct = (own: Role, needed: Role): boolean => roles.indexOf(own) >= roles.indexOf(needed);

/** Who asks, once key or token is checked. */
export interface Principal {
  readonly role: Role;
  /** `key`: of an API key, whose id is not personal. `token`: of a person, by issuer and subject. */
  readonly kind: 'key' | 'token';
  readonly id: string;
}
