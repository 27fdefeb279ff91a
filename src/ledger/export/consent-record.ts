import type { LegStory, NoticeAnswer } from './leg-story.ts';

/** What ISO/IEC TS 27560 asks for and no ledger can know: the operator says it, or the record says that nobody did. */
export interface Stated {
  readonly address: string | null;
  readonly contact: string | null;
  readonly jurisdiction: string | null;
}

/**
 * The consent record of one leg, as JSON-LD with the fields of ISO/IEC TS 27560:2023 under the names that W3C DPV gives them
 * (DPV guide "Consent records using ISO/IEC TS 27560", profile `dpv-27560#record`). Fields that nothing here can vouch
 * for stand in `latchkey:notStated` rather than being made up.
 */
export function consentRecord(story: LegStory, stated: Stated): Record<string, unknown> {
  const { report, leg, notices } = story;
  const last = notices.at(-1);
  const principal = `urn:latchkey:leg:${leg}`;
  return {
    '@context': {
      dpv: 'https://w3id.org/dpv#',
      pd: 'https://w3id.org/dpv/pd#',
      dct: 'http://purl.org/dc/terms/',
      latchkey: 'urn:latchkey:terms:',
    },
    '@type': 'dpv:ConsentRecord',
    'dct:conformsTo': 'https://w3id.org/dpv/schema/dpv-27560#record',
    'dct:identifier': `urn:latchkey:record:${report.ledgerThumbprint}:${leg}`,
    'dpv:hasDataSubject': { '@id': principal, '@type': 'dpv:DataSubject', ...labelFields(story) },
    'dpv:hasProcess': {
      '@type': 'dpv:Process',
      'dpv:hasNotice': notices.map(noticeFields),
      'dct:language': last?.language ?? null,
      'dpv:hasPurpose': {
        '@type': 'dpv:CommunicationManagement',
        'dct:description': 'Taking part by telephone in a meeting that is otherwise encrypted end to end',
      },
      'dpv:hasLegalBasis': 'dpv:InformedConsent',
      'dpv:hasPersonalData': [
        { '@type': 'pd:Voice', 'dct:description': 'Voice of the caller, passed on and not stored' },
        { '@type': 'pd:TelephoneNumber', 'dct:description': 'As far as it was shown to the host' },
      ],
      'dpv:hasDataController': { '@id': controllerOf(story) },
      'dpv:hasProcessing': ['dpv:Transmit', 'dpv:Transform'],
      'dpv:hasDataSource': { '@id': principal },
      'dpv:hasStorageCondition': {
        'dct:description':
          'Voice is not stored. This record stands in the consent ledger of the connector; personal values are beside it and can be erased',
      },
      'dpv:hasRecipient': {
        '@type': 'dpv:Recipient',
        'dct:description': 'The participants of the meeting, and the telephone networks on the way',
        'dct:identifier': `urn:latchkey:meeting:${story.meeting}`,
      },
      'dpv:hasJurisdiction': stated.jurisdiction,
      'dpv:hasConsentControl': {
        '@type': 'dpv:WithdrawConsent',
        'dct:description': 'Hang up, at any time',
      },
    },
    'latchkey:parties': [
      {
        '@id': controllerOf(story),
        '@type': 'dpv:DataController',
        'dpv:hasName': report.operatorName,
        'dpv:hasAddress': stated.address,
        'dpv:hasContact': stated.contact,
        'latchkey:connector': report.connectorName,
      },
    ],
    'dpv:hasConsentStatus': statusEvents(story),
    'latchkey:couldHearAndSpeak': story.intervals.map((interval) => ({
      'dpv:hasStartTime': timeText(interval.from.at),
      'dpv:hasEndTime': interval.to === null ? null : timeText(interval.to.at),
      'latchkey:hear': interval.hear,
      'latchkey:speak': interval.speak,
      'latchkey:begins': interval.from.why,
      'latchkey:ends': interval.to?.why ?? null,
      'latchkey:endProven': interval.endProven,
      'latchkey:grant': interval.grant,
      'latchkey:hostKey': interval.host,
    })),
    'latchkey:evidence': {
      'latchkey:ledgerKey': report.ledgerThumbprint,
      'latchkey:operatorKey': report.operatorThumbprint,
      'latchkey:root': report.root,
      'latchkey:events': report.leaves,
      'latchkey:verified': report.verified,
      'latchkey:basis': report.basis,
    },
    'latchkey:notStated': notStated(story, stated),
  };
}

const controllerOf = ({ report }: LegStory): string => `urn:latchkey:operator:${report.operatorThumbprint}`;

function labelFields({ label }: LegStory): Record<string, string> {
  if (label === null) return {};
  return {
    'dpv:hasName': label.display,
    ...(label.verification === '' ? {} : { 'latchkey:numberVerification': label.verification }),
    ...(label.transport === '' ? {} : { 'latchkey:transport': label.transport }),
  };
}

const noticeFields = (notice: NoticeAnswer): Record<string, unknown> => ({
  '@type': 'dpv:ConsentNotice',
  'dct:date': timeText(notice.at),
  'dct:language': notice.language,
  'dct:description': notice.words,
  'latchkey:textHash': notice.textHash,
  'latchkey:event': notice.seq,
});

/** ISO/IEC TS 27560 event fields: time, state, type, entity, validity. */
function statusEvents(story: LegStory): Record<string, unknown>[] {
  const principal = { '@id': `urn:latchkey:leg:${story.leg}` };
  const answers = story.notices.map(({ at, seq, accepted }) => ({
    'dct:date': timeText(at),
    'dpv:hasConsentStatus': accepted ? 'dpv:ConsentGiven' : 'dpv:ConsentRefused',
    'dpv:hasLegalBasis': 'dpv:InformedConsent',
    'dpv:isImplementedByEntity': principal,
    'dct:valid': 'for this call',
    'latchkey:by': accepted ? 'the key 1 on the telephone' : 'no key 1',
    'latchkey:event': seq,
  }));
  const left = story.events.findLast(({ type }) => type === 'leg-left');
  if (left === undefined) return answers;
  const ended = {
    'dct:date': timeText(left.at),
    'dpv:hasConsentStatus': 'dpv:ConsentExpired',
    'dpv:hasLegalBasis': 'dpv:InformedConsent',
    'dpv:isImplementedByEntity': principal,
    'dct:valid': 'the call had left the meeting',
    'latchkey:event': left.seq,
  };
  return [...answers, ended];
}

function notStated(story: LegStory, { address, contact, jurisdiction }: Stated): string[] {
  return [
    ...(address === null ? ['party address'] : []),
    ...(contact === null ? ['party contact'] : []),
    ...(jurisdiction === null ? ['jurisdiction'] : []),
    ...(story.label === null ? ['name of the PII principal (erased, or not exported)'] : []),
    ...(story.notices.some(({ words }) => words === null) ? ['words of the privacy notice'] : []),
    ...(story.notices.length === 0 ? ['consent: this caller gave no answer'] : []),
  ];
}

export const timeText = (ms: number): string => new Date(ms).toISOString();
