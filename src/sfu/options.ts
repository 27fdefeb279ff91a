/** What the embedded SFU's process is started with (base/child.ts) and answers. */
export interface SfuOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** WebRTC binds to this address only. */
  readonly rtcBindAddress: string;
  /** One UDP port for all WebRTC traffic; 0: a free port each. */
  readonly rtcPort: number;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /**
   * Copies every published RTP packet, as it is after SRTP and still end-to-end encrypted, to this UDP address on
   * loopback: `u8 length, identity, u8 length, track sid, RTP packet`. For audits that want to try keys on it.
   */
  readonly tap?: { readonly host: string; readonly port: number };
}

export interface SfuInfo {
  readonly port: number;
}
