/** `for 4.2 s more` */
export const secondsLeft = (leftMs: number): string => `for ${(leftMs / 1000).toFixed(1)} s more`;
