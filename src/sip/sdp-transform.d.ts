/** What we use of sdp-transform, whose package brings no types. Numbers stand where a text is exactly an integer. */
declare module 'sdp-transform' {
  export interface ParsedConnection {
    readonly version?: number | string;
    readonly ip?: string | number;
  }

  export interface ParsedMedia {
    readonly type?: string | number;
    readonly port?: number | string;
    readonly protocol?: string | number;
    readonly payloads?: string | number;
    readonly connection?: ParsedConnection;
    readonly direction?: string;
    readonly rtp: readonly {
      readonly payload?: number | string;
      readonly codec?: string | number;
      readonly rate?: number | string;
      readonly encoding?: number | string;
    }[];
    readonly fmtp: readonly { readonly payload?: number | string; readonly config?: string | number }[];
    readonly rtcp?: { readonly port?: number | string; readonly address?: string | number };
    readonly rtcpMux?: string;
  }

  export interface ParsedSession {
    readonly version?: number | string;
    readonly origin?: { readonly sessionId?: number | string; readonly sessionVersion?: number | string };
    readonly name?: string | number;
    readonly connection?: ParsedConnection;
    readonly direction?: string;
    readonly media: readonly ParsedMedia[];
  }

  const sdpTransform: { parse(sdp: string): ParsedSession };
  export default sdpTransform;
}
