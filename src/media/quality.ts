import type { LegCodec } from './leg-state.ts';

/**
 * How good a conversation is, estimated from loss and delay: the E-model (ITU-T G.107 §7), its default values for all that
 * we cannot know, so that 93.2 is the best. One scale for all codecs, the narrowband one: a wideband leg sounds better
 * than its figure.
 */
export interface Conditions {
  readonly codec: LegCodec;
  /** 0 to 1: packets that were not there to be played. */
  readonly loss: number;
  /** From mouth to ear, one way. */
  readonly delayMs: number;
}

const best = 93.2;

/** Equipment impairment and robustness to loss (ITU-T G.113 appendix I; packets of 20 ms, with concealment). */
const impairment: Readonly<Record<LegCodec, { readonly base: number; readonly robustness: number }>> = {
  PCMU: { base: 0, robustness: 25.1 },
  PCMA: { base: 0, robustness: 25.1 },
  G722: { base: 0, robustness: 25.1 },
  // No value is published for Opus; that of G.729A, which conceals by its own model too, at the cost of none.
  opus: { base: 0, robustness: 19 },
};

/** R, 0 to 100. */
export function transmissionRating({ codec, loss, delayMs }: Conditions): number {
  const { base, robustness } = impairment[codec];
  const percent = 100 * Math.max(0, Math.min(1, loss));
  // §7.6, random loss (BurstR = 1); §7.4 in the simplified form of G.107 appendix: Id = 0.024 d + 0.11 (d - 177.3)+.
  const equipment = base + ((95 - base) * percent) / (percent + robustness);
  const delay = 0.024 * delayMs + 0.11 * Math.max(0, delayMs - 177.3);
  return Math.max(0, Math.min(100, best - delay - equipment));
}

/** The mean opinion score of a rating, 1 to 4.5 (G.107 annex B). */
export function meanOpinion(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}
