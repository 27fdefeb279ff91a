/** What the embedded SIP server's process is started with (base/child.ts) and answers. */
export interface SipEndpoint {
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  /** 0: any free port; udp and tcp entries with port 0 and the same host get the same port. */
  readonly port: number;
}

export interface SipServerOptions {
  readonly listen: readonly SipEndpoint[];
  /** drachtio's application port: loopback only. */
  readonly app: { readonly host: string; readonly port: number; readonly secret: string };
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

export interface SipServerInfo {
  readonly endpoints: readonly SipEndpoint[];
  readonly appPort: number;
}
