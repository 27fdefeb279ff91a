import type { SrfMessage } from './srf.ts';

/** Call-ID and both tags (RFC 3261 §12): whoever knows them can end or take over the call. */
export interface DialogTags {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/**
 * Which dialog a call is. It cannot be printed: neither a log nor JSON nor an inspection shows what it holds. Outside of
 * here a call goes by an id of our own.
 */
export class DialogIdentity {
  readonly #tags: DialogTags;

  constructor(tags: DialogTags) {
    this.#tags = tags;
  }

  /** Whether the peer's request names this dialog (RFC 3261 §12.2.2). The SIP server says so too: both must. */
  matches(request: SrfMessage): boolean {
    const { callId, localTag, remoteTag } = this.#tags;
    return (
      request.get('Call-ID') === callId &&
      tagOf(request, 'from') === remoteTag &&
      tagOf(request, 'to') === localTag
    );
  }
}

function tagOf(request: SrfMessage, header: 'from' | 'to'): string | undefined {
  return request.getParsedHeader(header).params?.['tag'];
}
