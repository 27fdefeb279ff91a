/**
 * Short numbers of emergency services in all countries, as dialled there: what Google's libphonenumber has as `emergency` in its
 * table of short numbers (9.0.43, for 241 regions, read 2026-11-28), and others that people dial in need: helplines, coast guard,
 * second numbers of police and ambulance. A few are something else elsewhere. No subscriber anywhere has a number so short, so
 * whoever is refused one loses nothing, and reads why. Nothing here decides what a connector may call; that is the allow-list.
 */
const table = `
  01 02 03 08 10 11 12 13 14 15 16 17 18 19 90 91 92 93 94
  000 001 002 003 011 019 022 033 050 060 061 062 065 066 068 080 085 088 091 092 093 094 097 099 100 101 102 103
  104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120 122 123 124 125 127 128 129 130 131 132
  133 140 144 145 147 150 151 152 153 154 155 156 157 158 159 160 166 170 171 172 175 177 180 185 188 190 191
  192 193 194 195 196 197 198 199 210 211 300 311 333 355 411 511 555 666 777 819 888 900 901 902 903 904 907
  911 912 913 914 917 919 922 933 939 944 955 977 990 991 992 993 994 995 996 997 998 999
  1122 1220 1298 1444 1669 1730 2611 9999
  10111 10177 90000`;

/** Gabon: 1300 to 1399. */
const gabon = Array.from({ length: 100 }, (_, at) => String(1_300 + at));

export const emergencyNumbers: ReadonlySet<string> = new Set([...table.trim().split(/\s+/), ...gabon]);
