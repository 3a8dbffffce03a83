/** From joules per image to kilowatt hours, money and CO2e. Intervals are those of the energy alone. */

export interface Inputs {
  imagesPerDay: number;
  joulesPerImage: number;
  /** Relative half widths: what repetition shows, and what it cannot. */
  rel: number | null;
  /** Energy of the building over that of its computers. */
  pue: number;
  /** g CO2e/kWh */
  grid: number;
  /** money/kWh */
  price: number;
}

export interface Amount {
  value: number;
  /** Absent where the energy has no interval. */
  low?: number;
  high?: number;
}

export interface Outcome {
  /** kWh */
  energy: Amount;
  cost: Amount;
  /** kg CO2e */
  carbon: Amount;
}

const joulesPerKwh = 3_600_000;

export function calculate(inputs: Inputs, days: number): Outcome {
  const kwh = (inputs.imagesPerDay * inputs.joulesPerImage * inputs.pue * days) / joulesPerKwh;
  const times = (factor: number): Amount => ({
    value: kwh * factor,
    ...(inputs.rel === null
      ? {}
      : { low: kwh * factor * Math.exp(-inputs.rel), high: kwh * factor * Math.exp(inputs.rel) }),
  });
  return { energy: times(1), cost: times(inputs.price), carbon: times(inputs.grid / 1000) };
}
