import { describe, expect, it } from 'vitest';
import { dialledNumber, type DialRules } from '../../../src/call/dial-policy.ts';
import { costsExtra } from '../../../src/call/premium-numbers.ts';
import { readNumber, type NumberPlan } from '../../../src/sip/trunk/number.ts';

/** As an operator in that country would have it, with nothing but the tables in the way. */
function asked(text: string, plan: Partial<NumberPlan> & { readonly countryCode: string }): string {
  const numbers: NumberPlan = {
    ...{ nationalPrefix: '0', internationalPrefix: '00', bare: 'national' },
    ...plan,
  };
  const rules: DialRules = {
    ...{ numbers, costsExtra, allowed: ['+'], refused: [], emergency: [] },
    ...{ maxPerMeeting: 1, maxCalls: 1, maxPerHour: 1 },
  };
  const read = dialledNumber(text, rules);
  return read.ok ? read.value : read.reason;
}

interface Country {
  readonly plan: Partial<NumberPlan> & { readonly countryCode: string };
  readonly emergency: readonly string[];
  /** As dialled within the country. */
  readonly premium: readonly string[];
  readonly called: readonly string[];
}

const countries: Readonly<Record<string, Country>> = {
  Germany: {
    plan: { countryCode: '49' },
    emergency: ['110', '112', '0112', '+49112', '0049112'],
    premium: ['09001234567', '0900123456789', '01371234567', '0180612345', '0190123456', '070012345678'],
    called: ['+4930123456', '08001234567', '015112345678', '0221123456', '09011234567'],
  },
  Austria: {
    plan: { countryCode: '43' },
    emergency: ['112', '122', '133', '140', '144'],
    premium: ['0900123456', '0930123456', '0820123456', '0810123456'],
    called: ['+431234567', '06641234567', '0316123456'],
  },
  Switzerland: {
    plan: { countryCode: '41' },
    emergency: ['112', '117', '118', '144'],
    premium: ['0900123456', '0901123456', '0906123456', '0848123456', '0878123456'],
    called: ['+41442345678', '0791234567', '0581234567'],
  },
  France: {
    plan: { countryCode: '33' },
    emergency: ['112', '15', '17', '18', '114', '115', '119', '196'],
    premium: ['0899123456', '0891123456', '0820123456', '0811123456', '+33118218'],
    called: ['+33123456789', '0612345678', '0118412345', '0805123456'],
  },
  'United Kingdom': {
    plan: { countryCode: '44' },
    emergency: ['999', '112', '+44999'],
    premium: ['09012345678', '0871234567', '08712345678', '0843234567', '07012345678', '+44118500'],
    called: ['+442079460000', '01184960000', '07700900000', '03012345678'],
  },
  Ireland: {
    plan: { countryCode: '353' },
    emergency: ['112', '999'],
    premium: ['1550123456', '1580123456', '1598123456'],
    called: ['+35315714457', '0871234567', '+35315831234'],
  },
  Spain: {
    plan: { countryCode: '34', nationalPrefix: '' },
    emergency: ['112', '061', '062', '085', '091', '092'],
    premium: ['803123456', '806123456', '807123456', '901123456', '902123456', '905123456', '907123456'],
    called: ['+34911234567', '612345678'],
  },
  Portugal: {
    plan: { countryCode: '351', nationalPrefix: '' },
    emergency: ['112'],
    premium: ['601123456', '760123456', '808123456', '884123456'],
    called: ['+351212345678', '912345678', '800123456'],
  },
  Italy: {
    plan: { countryCode: '39', nationalPrefix: '' },
    emergency: ['112', '113', '115', '118'],
    premium: ['899123456', '892123', '199123456', '166123456', '1781234567'],
    called: ['+390612345678', '3123456789'],
  },
  Netherlands: {
    plan: { countryCode: '31' },
    emergency: ['112'],
    premium: ['09001234567', '09061234567', '09091234567'],
    called: ['+31201234567', '0182453951', '0612345678'],
  },
  Belgium: {
    plan: { countryCode: '32' },
    emergency: ['112', '100', '101'],
    premium: ['090312345', '070123456'],
    called: ['+3221234567', '0470123456'],
  },
  Denmark: {
    plan: { countryCode: '45', nationalPrefix: '' },
    emergency: ['112', '114'],
    premium: ['90123456', '90512345'],
    called: ['+4532123456', '20123456'],
  },
  Sweden: {
    plan: { countryCode: '46' },
    emergency: ['112', '90000'],
    premium: ['09001234567', '0939123456', '09441234567'],
    called: ['+468123456', '0701234567'],
  },
  Norway: {
    plan: { countryCode: '47', nationalPrefix: '' },
    emergency: ['110', '112', '113'],
    premium: ['82012345', '82912345'],
    called: ['+4722123456', '91234567'],
  },
  Finland: {
    plan: { countryCode: '358' },
    emergency: ['112'],
    premium: ['0600123456', '070012345'],
    called: ['+358912345678', '0401234567'],
  },
  Poland: {
    plan: { countryCode: '48', nationalPrefix: '' },
    emergency: ['112', '997', '998', '999'],
    premium: ['701234567', '703123456'],
    called: ['+48221234567', '512345678'],
  },
  Czechia: {
    plan: { countryCode: '420', nationalPrefix: '' },
    emergency: ['112', '150', '155', '156', '158'],
    premium: ['900123456', '906123456', '909123456'],
    called: ['+420224123456', '601234567'],
  },
  Hungary: {
    plan: { countryCode: '36', nationalPrefix: '06' },
    emergency: ['112', '104', '105', '107'],
    premium: ['0690123456', '0691123456'],
    called: ['+3612345678', '06201234567', '+3669123456'],
  },
  Romania: {
    plan: { countryCode: '40' },
    emergency: ['112'],
    premium: ['0900123456', '0903123456', '0906123456'],
    called: ['+40212345678', '0712034567'],
  },
  Russia: {
    plan: { countryCode: '7', nationalPrefix: '8', internationalPrefix: '810' },
    emergency: ['112', '101', '102', '103', '01', '02', '03'],
    premium: ['88091234567', '88031234567'],
    called: ['+74951234567', '89161234567'],
  },
  'United States': {
    plan: { countryCode: '1', nationalPrefix: '1', internationalPrefix: '011' },
    emergency: ['911', '112', '+1911'],
    premium: ['19005551234', '9005551234', '2129761234', '5005551234'],
    called: ['+12125551234', '8005551234'],
  },
  Mexico: {
    plan: { countryCode: '52', nationalPrefix: '' },
    emergency: ['911', '060', '066'],
    premium: ['9001234567'],
    called: ['+525590082760', '5512345678'],
  },
  Brazil: {
    plan: { countryCode: '55' },
    emergency: ['112', '190', '192', '193', '911'],
    premium: ['0900123456', '03001234567'],
    called: ['+551123456789', '011961234567'],
  },
  Australia: {
    plan: { countryCode: '61', internationalPrefix: '0011' },
    emergency: ['000', '106', '112'],
    premium: ['1900123456', '1902123456'],
    called: ['+61212345678', '0412345678'],
  },
  'New Zealand': {
    plan: { countryCode: '64' },
    emergency: ['111'],
    premium: ['0900123456'],
    called: ['+6493123456', '0211234567'],
  },
  Japan: {
    plan: { countryCode: '81', internationalPrefix: '010' },
    emergency: ['110', '118', '119'],
    premium: ['0990123456', '0570123456'],
    called: ['+81312345678', '09012345678'],
  },
  'South Africa': {
    plan: { countryCode: '27' },
    emergency: ['10111', '10177', '112', '+2710111'],
    premium: ['0862345678', '0866123456'],
    called: ['+27101234567', '0711234567'],
  },
  India: {
    plan: { countryCode: '91' },
    emergency: ['112', '100', '101', '102', '108'],
    premium: [],
    called: ['+911123456789', '+911122334455', '08123456789'],
  },
};

describe.each(Object.entries(countries))('in %s', (_, { plan, emergency, premium, called }) => {
  it.each(emergency)('%s is emergency services', (text) => expect(asked(text, plan)).toBe('emergency'));

  it.each(premium)('%s costs extra, however it is written', (text) => {
    const { text: number } = readNumber(text, {
      nationalPrefix: '0',
      internationalPrefix: '00',
      bare: 'national',
      ...plan,
    });
    const international = number.slice(1);
    const { internationalPrefix = '00' } = plan;
    for (const written of [
      text,
      number,
      `${internationalPrefix}${international}`,
      number.replace(/(..)/g, '$1 '),
    ])
      expect(asked(written, plan), written).toBe('premium');
  });

  it.each(called)('%s is called', (text) => expect(asked(text, plan)).toMatch(/^\+[0-9]+$/));
});

describe('codes of no country', () => {
  it.each([
    '+979112345678',
    '+80812345678',
    '+881612345678',
    '+8821312345678',
    '+88351001234567',
    '+870773123456',
    '+87810123456789',
  ])('%s costs extra', (number) => expect(costsExtra(number)).toBe(true));

  it('freephone of no country is called', () => expect(costsExtra('+80012345678')).toBe(false));
});
