import type { ComponentChildren, JSX } from 'preact';

/** Line icons of our own, 20 units square. Always decoration: the words are beside them. */

function Icon({ children, filled }: { children: ComponentChildren; filled?: boolean }): JSX.Element {
  return (
    <svg
      class={filled === true ? 'icon icon-filled' : 'icon'}
      viewBox="0 0 20 20"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const KeyIcon = (): JSX.Element => (
  <Icon>
    <circle cx="7" cy="7" r="3.6" />
    <path d="M9.7 9.7 16.6 16.6M13.6 13.6l1.9-1.9M15.4 15.4l1.4-1.4" />
  </Icon>
);
export const NoKeyIcon = (): JSX.Element => (
  <Icon>
    <circle cx="7" cy="7" r="3.6" stroke-dasharray="2 2.1" />
    <path d="M9.9 9.9l1.2 1.2M13 13l1.2 1.2M3 17 17 3" />
  </Icon>
);
export const PhoneIcon = (): JSX.Element => (
  <Icon>
    <path d="M5.2 2.8 7.6 3l1.1 3.6-1.8 1.5a10.4 10.4 0 0 0 5 5l1.5-1.8 3.6 1.1.2 2.4c0 1-.8 1.8-1.8 1.8C8.6 16.6 3.4 11.4 3.4 4.6c0-1 .8-1.8 1.8-1.8z" />
  </Icon>
);
export const LockIcon = (): JSX.Element => (
  <Icon>
    <rect x="4" y="9" width="12" height="8" rx="1.8" />
    <path d="M6.8 9V6.4a3.2 3.2 0 0 1 6.4 0V9" />
  </Icon>
);
export const OpenLockIcon = (): JSX.Element => (
  <Icon>
    <rect x="4" y="9" width="12" height="8" rx="1.8" />
    <path d="M6.8 9V5.6a3.2 3.2 0 0 1 6.2-1" />
  </Icon>
);
export const MicIcon = (): JSX.Element => (
  <Icon>
    <rect x="7.4" y="2.5" width="5.2" height="9" rx="2.6" />
    <path d="M4.5 9.5a5.5 5.5 0 0 0 11 0M10 15v2.6" />
  </Icon>
);
export const MicOffIcon = (): JSX.Element => (
  <Icon>
    <path d="M7.4 7.6V5.1a2.6 2.6 0 0 1 5.2 0v3.5M12.1 10.9a2.6 2.6 0 0 1-4.7-1.5M4.5 9.5a5.5 5.5 0 0 0 8.6 4.5M15.4 10.4c.1-.3.1-.6.1-.9M10 15v2.6M3 3l14 14" />
  </Icon>
);
export const CopyIcon = (): JSX.Element => (
  <Icon>
    <rect x="7" y="7" width="9.5" height="9.5" rx="1.8" />
    <path d="M13 4.6A1.6 1.6 0 0 0 11.4 3.5H5.1A1.6 1.6 0 0 0 3.5 5.1v6.3c0 .7.5 1.3 1.1 1.5" />
  </Icon>
);
export const AlertIcon = (): JSX.Element => (
  <Icon>
    <path d="M10 3 17.5 16.5h-15zM10 8.2v3.8M10 14.2v.3" />
  </Icon>
);
export const WaitIcon = (): JSX.Element => (
  <Icon>
    <circle cx="10" cy="10" r="7" />
    <path d="M10 6v4.3l2.8 1.7" />
  </Icon>
);
export const RemoveIcon = (): JSX.Element => (
  <Icon>
    <path d="m6 6 8 8M14 6l-8 8" />
  </Icon>
);
export const CheckIcon = (): JSX.Element => (
  <Icon>
    <path d="m4 10.5 4 4 8-9" />
  </Icon>
);
