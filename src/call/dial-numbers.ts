/**
 * Numbers that no connector calls, whatever its allow-list says. Emergency services of all countries: whoever needs help is told to
 * use another telephone, because a call from a meeting bridge comes from nowhere. Premium and shared-cost ranges, and networks
 * that cost like them: no table of these is complete, which is why there is an allow-list besides.
 */

/** Short numbers, as dialled within a country or behind its code. */
export const emergencyNumbers: ReadonlySet<string> = new Set([
  ...['000', '08', '061', '062', '065', '066', '080', '088', '092', '093', '094', '097', '099'],
  ...['10', '11', '12', '13', '14', '15', '16', '17', '18', '19'],
  ...[
    '100',
    '101',
    '102',
    '103',
    '104',
    '105',
    '106',
    '107',
    '108',
    '109',
    '110',
    '111',
    '112',
    '113',
    '114',
  ],
  ...[
    '115',
    '116',
    '117',
    '118',
    '119',
    '120',
    '122',
    '123',
    '124',
    '125',
    '127',
    '128',
    '129',
    '130',
    '131',
  ],
  ...[
    '132',
    '133',
    '140',
    '144',
    '145',
    '147',
    '150',
    '155',
    '158',
    '160',
    '166',
    '180',
    '185',
    '190',
    '191',
  ],
  ...[
    '192',
    '193',
    '194',
    '195',
    '196',
    '197',
    '198',
    '199',
    '210',
    '211',
    '300',
    '333',
    '411',
    '555',
    '777',
  ],
  ...[
    '900',
    '901',
    '902',
    '903',
    '904',
    '907',
    '911',
    '912',
    '913',
    '914',
    '919',
    '933',
    '944',
    '990',
    '991',
  ],
  ...['992', '993', '994', '995', '996', '997', '998', '999'],
]);

/** Beginnings, as E.164 without plus. */
export const premiumPrefixes: readonly string[] = [
  // International: premium rate, shared cost, satellites, global networks.
  ...['979', '808', '870', '878', '881', '882', '883', '888'],
  // North America; the Caribbean stays to the allow-list.
  ...['1900', '1976'],
  // Germany, Austria, Switzerland.
  ...[
    '49900',
    '49137',
    '49138',
    '49118',
    '49180',
    '49190',
    '4390',
    '4393',
    '43118',
    '41900',
    '41901',
    '41906',
  ],
  // France, Spain, Italy, Portugal.
  ...['3389', '3381', '3382', '33118', '34803', '34806', '34807', '34905', '34907', '34118', '3989', '39166'],
  ...['39199', '39144', '351601', '351607', '351646', '351648', '351760', '351761', '351762'],
  // United Kingdom, Ireland, the Netherlands, Belgium, Luxembourg.
  ...['449', '4487', '4484', '44118', '353157', '353158', '353159', '31900', '31906', '31909', '3118'],
  ...['3290', '32070', '352900', '352901', '352905'],
  // The North and East of Europe.
  ...['45901', '45902', '45903', '45904', '45905', '47820', '47829', '46900', '46939', '46944', '358600'],
  ...['358700', '4870', '4830', '42090', '36690', '36691', '40900', '40903', '40906', '7809', '7803'],
  // Elsewhere.
  ...['6119', '64900', '81990', '55900', '55300', '5255900', '27862', '27867', '90900'],
];
