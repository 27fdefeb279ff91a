/** What we use of drachtio-srf; its own types are incomplete. Everything it hands out may throw when read. */
export interface SrfMessage {
  readonly body?: string;
  get(header: string): string | undefined;
  getParsedHeader(header: 'from' | 'to'): {
    readonly name?: string;
    readonly uri: string;
    readonly params?: Readonly<Record<string, string | undefined>>;
  };
}

export interface SrfRequest extends SrfMessage {
  readonly method: string;
  readonly uri: string;
  readonly protocol: string;
  readonly source_address: string;
  readonly source_port: number;
  on(event: 'cancel', listener: () => void): void;
}

/** A request of ours outside a dialog, as it left. */
export interface SrfSentRequest extends SrfMessage {
  /** Of an INVITE. */
  cancel(done: (error: unknown) => void): void;
  on(event: 'response', listener: (response: SrfMessage & { readonly status: number }) => void): void;
}

export interface SrfResponse {
  readonly finalResponseSent: boolean;
  send(status: number, reason: string, options: SendOptions): void;
  send(status: number, options: SendOptions): void;
}

/** A response to a request of ours, with where it came from. */
export interface SrfResponseTo extends SrfMessage {
  readonly status: number;
  readonly source_address?: string;
  readonly source_port?: number;
  readonly protocol?: string;
}

export interface CreateUac {
  readonly localSdp: string;
  /** SIP URI of the next hop. */
  readonly proxy: string;
  readonly headers: Record<string, string>;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SrfDialog {
  /** The 2xx, of a dialog that we have begun. */
  readonly res: SrfResponseTo;
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  on(event: 'destroy', listener: (request: SrfMessage, reason?: string) => void): void;
  on(event: 'ack', listener: (request: SrfMessage) => void): void;
  on(event: SrfDialogEvent, listener: (request: SrfRequest, response: SrfResponse) => void): void;
  request(options: SrfDialogRequest, done: (error: unknown, response?: SrfAnswer) => void): void;
  destroy(
    options: { readonly headers: Readonly<Record<string, string>> },
    done: (error?: unknown) => void,
  ): void;
}

export interface SrfDialogRequest extends SendOptions {
  readonly method: 'UPDATE' | 'INVITE';
}

/** A final response, or a provisional one. */
export interface SrfAnswer extends SrfMessage {
  readonly status: number;
}

export type SrfDialogEvent = 'modify' | 'update' | 'info' | 'options' | 'message' | 'refer' | 'notify';

export interface SrfClient {
  connect(options: SrfConnect): void;
  disconnect(): void;
  on(event: 'connect', listener: (error: unknown, hostPorts?: string) => void): void;
  on(event: 'error' | 'close', listener: (error?: unknown) => void): void;
  invite(handler: SrfHandler): void;
  options(handler: SrfHandler): void;
  request(
    uri: string,
    options: { readonly method: string; readonly headers: Record<string, string>; readonly proxy: string },
    done: (error: unknown, request?: SrfSentRequest) => void,
  ): void;
  /** `done` may be called more than once: by further 2xx of a forked INVITE. */
  createUAC(
    uri: string,
    options: CreateUac,
    on: {
      cbRequest(error: unknown, request?: SrfSentRequest): void;
      cbProvisional(response: SrfResponseTo): void;
    },
    done: (error: unknown, dialog?: SrfDialog) => void,
  ): void;
  createUAS(
    request: SrfRequest,
    response: SrfResponse,
    options: CreateUas,
    done: (error: unknown, dialog?: SrfDialog) => void,
  ): void;
  readonly app: { readonly client?: { readonly wp?: { closing?: boolean } } };
}

export type SrfHandler = (request: SrfRequest, response: SrfResponse) => void;

export interface SrfConnect {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly reconnect: { readonly retryMaxDelay: number };
}

export interface CreateUas {
  readonly localSdp: string;
  readonly headers: Readonly<Record<string, string>>;
}
