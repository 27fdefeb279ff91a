import { q850OfStatus, q850Reason } from '../base/q850.ts';

/**
 * The Reason header (RFC 3326) of every end that we make: in a BYE, and in the final response that refuses a call
 * (RFC 6432 allows Q.850 causes there), so that a carrier's records show the cause that the telephone network knows.
 * `status`: of a final response from 400 on.
 */
export function reasonOfStatus(status: number, text: string): string {
  return q850Reason(q850OfStatus(status), text);
}
