import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * Numbers that cost whoever calls them more than a call, or that are no telephone of a person: premium rate, shared cost, personal
 * numbers that follow their owner, pagers, mailboxes, satellites. The second fence only: the first is the operator's allow-list.
 *
 * What each country has of these is libphonenumber's table of national numbering plans, which others keep. It knows a number
 * by its length too, so beside it stands a shorter table of beginnings, for numbers of a length that no plan has (yet).
 */
const costly: ReadonlySet<string> = new Set([
  ...['PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER', 'PAGER', 'VOICEMAIL'],
]);

/** E.164 without its plus sign; of each it was checked that no fixed or mobile number of the country begins like that. */
const beginnings: readonly string[] = [
  // Codes of no country (ITU-T E.164 annexes): shared cost, Inmarsat, universal personal numbers, satellites, global networks, relief,
  // international premium rate.
  ...['808', '870', '878', '881', '882', '883', '888', '979'],
  // North America, N00 and the old 700 and 500 services (NANPA).
  ...['1900', '1500', '1700'],
  // Germany (Bundesnetzagentur): premium, mass traffic, service, directory, personal, and what is not given out any more.
  ...['49900', '49137', '49138', '49180', '49118', '49700', '49190', '49191', '49192', '49193', '49194'],
  // Austria (KEM-V), Switzerland (BAKOM).
  ...['43810', '43820', '43821', '43828', '4390', '4393', '43118'],
  ...['41840', '41842', '41844', '41848', '41878', '41900', '41901', '41906'],
  // United Kingdom (Ofcom): 09, 084, 087, and 070.
  ...['449', '4484', '4487', '4470'],
  // France (Arcep: 081, 082, 089), Spain (Plan Nacional de Numeración: 80x, 90x), Portugal, Italy (199, 144, 166, 89x).
  ...['3381', '3382', '3389', '34803', '34806', '34807', '34901', '34902', '34905', '34907', '34118'],
  ...[
    '351601',
    '351607',
    '351646',
    '351648',
    '351707',
    '351708',
    '351760',
    '351761',
    '351762',
    '351808',
    '35188',
  ],
  ...['39144', '39166', '39199', '3989', '39178'],
  // The Netherlands (ACM), Belgium (BIPT), Luxembourg.
  ...['31900', '31906', '31909', '3290', '3270', '352900', '352901', '352905'],
  // The North and East of Europe.
  ...['45901', '45902', '45903', '45904', '45905', '47820', '47829', '46900', '46939', '46944', '358600'],
  ...['358700', '4870', '42090', '3690', '3691', '40900', '40903', '40906', '7809', '7803'],
  // Elsewhere: Australia 190, New Zealand 0900, Japan 0990 and 0570, Brazil, Mexico, South Africa 086, Turkey.
  ...['61190', '64900', '81990', '81570', '55900', '55300', '52900', '27862', '27867', '90900'],
];

/** Where only the length tells a service from a subscriber. */
const shapes: readonly RegExp[] = [
  // 976 in any area of North America.
  /^1[2-9][0-9]{2}976[0-9]{4}$/,
  // Directory services behind a country code: 118 and two or three digits, where an area code of 118 has more behind it.
  /^(33|44|353|39)118[0-9]{2,3}$/,
  // Ireland 1512 to 1599: ten digits, where Dublin has eight.
  /^35315[0-9]{8}$/,
];

/** `number` is E.164 with its plus sign. */
export function costsExtra(number: string): boolean {
  const digits = number.slice(1);
  if (beginnings.some((begin) => digits.startsWith(begin))) return true;
  if (shapes.some((shape) => shape.test(digits))) return true;
  return costly.has(parsePhoneNumberFromString(number)?.getType() ?? '');
}
