/**
 * ITU-T Q.850 causes of SIP's final responses: RFC 3398 §8.2.6.1; it leaves 488 to the Warning, and ours are all about the
 * media: 65, bearer not implemented.
 */
const causes: Readonly<Record<number, number>> = {
  ...{ 400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22 },
  ...{ 415: 79, 480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17, 488: 65 },
  ...{ 500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 600: 17, 603: 21, 604: 1 },
};
/** Q.850 §2.2.7: interworking, unspecified. */
const unspecified = 127;

/** The value of a Reason header (RFC 3326). */
export function q850Reason(cause: number, text: string): string {
  return `Q.850;cause=${cause};text="${text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, ' ')}"`;
}

/** `status`: of a final response from 400 on. */
export function q850OfStatus(status: number): number {
  return causes[status] ?? unspecified;
}
