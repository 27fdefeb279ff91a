import type { HostSession } from '../host/session.ts';

/** The evidence file of the meeting that this page hosts: there as soon as there is any, and still there after the end. */
export interface Evidence {
  /** Looks again; resolves to whether there is something to save. */
  look(session: HostSession): Promise<boolean>;
  /** Hands the newest to the browser's downloads. */
  save(document: Document, meetingId: string): void;
}

export function createEvidence(): Evidence {
  let bytes: Uint8Array<ArrayBuffer> | null = null;
  return {
    async look(session) {
      const found = await session.evidence();
      // What was there once stays: a session that is over may have forgotten it.
      if (found !== null) bytes = new Uint8Array(found);
      return bytes !== null;
    },
    save(document, meetingId) {
      if (bytes === null) return;
      const url = URL.createObjectURL(new Blob([bytes], { type: 'application/jsonl' }));
      const link = document.createElement('a');
      link.href = url;
      link.download = `latchkey-${meetingId.slice(0, 8)}.evidence.jsonl`;
      link.click();
      URL.revokeObjectURL(url);
    },
  };
}
