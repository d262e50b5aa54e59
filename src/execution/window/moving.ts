/**
 * Aggregates over frames that move: rows enter at the end and leave at the start, so a partition costs one step per row and not one
 * per row and frame. Only where an inverse exists and gives exactly what aggregating afresh gives: integers, numeric, counts,
 * booleans by counting, smallest and largest by a queue of candidates. Sums of floats have none (rounding), as in PostgreSQL.
 */
import { add, divide, subtract } from "../../functions/numeric/arithmetic.js";
import { fromInteger } from "../../functions/numeric/numeric-value.js";
import { type Datum, Numeric, type SqlType } from "../../types/index.js";

/** Values in the order in which their rows enter; `remove` takes the oldest. */
export interface MovingAggregate {
  /** `place` increases from call to call. */
  add(value: Datum, place: number): void;
  remove(value: Datum, place: number): void;
  value(): Datum;
}

/** undefined: there is none for this function. `argument` is the type of its first argument. */
export function movingAggregate(functionId: string, argument: SqlType | undefined): (() => MovingAggregate) | undefined {
  switch (functionId) {
    case "count()":
      return () => new Count(true);
    case "count(any)":
      return () => new Count(false);
    case "sum(int2)":
    case "sum(int4)":
      return () => new IntegerSum((total) => (Number.isSafeInteger(Number(total)) ? Number(total) : total));
    case "sum(int8)":
      return () => new IntegerSum((total) => new Numeric(total, 0));
    case "avg(int2)":
    case "avg(int4)":
    case "avg(int8)":
      return () => new IntegerSum((total, count) => divide(new Numeric(total, 0), fromInteger(count)));
    case "sum(numeric)":
      return () => new NumericSum((total) => total);
    case "avg(numeric)":
      return () => new NumericSum((total, count) => divide(total, fromInteger(count)));
    case "bool_and(bool)":
    case "every(bool)":
      return () => new Booleans((trues, falses) => (trues + falses === 0 ? null : falses === 0));
    case "bool_or(bool)":
      return () => new Booleans((trues, falses) => (trues + falses === 0 ? null : trues > 0));
  }
  const isMax = functionId.startsWith("max(");
  if ((isMax || functionId.startsWith("min(")) && argument?.compare !== undefined) {
    const compare = argument.compare.bind(argument);
    return () => new Extreme(isMax ? compare : (a, b) => compare(b, a));
  }
  return undefined;
}

class Count implements MovingAggregate {
  #count = 0;
  constructor(readonly all: boolean) {}
  add(value: Datum): void {
    if (this.all || value !== null) this.#count++;
  }
  remove(value: Datum): void {
    if (this.all || value !== null) this.#count--;
  }
  value(): Datum {
    return this.#count;
  }
}

class IntegerSum implements MovingAggregate {
  #small = 0;
  #big = 0n;
  #count = 0;
  constructor(readonly finish: (total: bigint, count: number) => Datum) {}
  add(value: Datum): void {
    if (value === null) return;
    this.#count++;
    this.#move(value as number | bigint, 1);
  }
  remove(value: Datum): void {
    if (value === null) return;
    this.#count--;
    this.#move(value as number | bigint, -1);
  }
  #move(value: number | bigint, sign: 1 | -1): void {
    if (typeof value === "number") {
      const sum = this.#small + sign * value;
      if (Number.isSafeInteger(sum)) {
        this.#small = sum;
        return;
      }
    }
    this.#big += BigInt(sign) * BigInt(value);
  }
  value(): Datum {
    return this.#count === 0 ? null : this.finish(this.#big + BigInt(this.#small), this.#count);
  }
}

const ZERO = new Numeric(0n, 0);
class NumericSum implements MovingAggregate {
  #total = ZERO;
  #finite = 0;
  #nan = 0;
  #positive = 0;
  #negative = 0;
  /** How many values show how many digits: the sum shows as many as the one with the most. */
  readonly #scales = new Map<number, number>();
  constructor(readonly finish: (total: Numeric, count: number) => Datum) {}
  add(value: Datum): void {
    this.#move(value as Numeric | null, 1);
  }
  remove(value: Datum): void {
    this.#move(value as Numeric | null, -1);
  }
  #move(value: Numeric | null, by: 1 | -1): void {
    if (value === null) return;
    switch (value.special) {
      case "NaN":
        this.#nan += by;
        return;
      case "Infinity":
        this.#positive += by;
        return;
      case "-Infinity":
        this.#negative += by;
        return;
    }
    this.#finite += by;
    const known = (this.#scales.get(value.scale) ?? 0) + by;
    if (known === 0) this.#scales.delete(value.scale);
    else this.#scales.set(value.scale, known);
    this.#total = by === 1 ? add(this.#total, value) : subtract(this.#total, value);
  }
  value(): Datum {
    const count = this.#finite + this.#nan + this.#positive + this.#negative;
    if (count === 0) return null;
    if (this.#nan > 0 || (this.#positive > 0 && this.#negative > 0)) return this.finish(new Numeric(0n, 0, "NaN"), count);
    if (this.#positive > 0) return this.finish(new Numeric(0n, 0, "Infinity"), count);
    if (this.#negative > 0) return this.finish(new Numeric(0n, 0, "-Infinity"), count);
    let scale = 0;
    for (const s of this.#scales.keys()) if (s > scale) scale = s;
    const excess = this.#total.scale - scale;
    const total = excess > 0 ? new Numeric(this.#total.coefficient / 10n ** BigInt(excess), scale) : this.#total;
    return this.finish(total, count);
  }
}

class Booleans implements MovingAggregate {
  #trues = 0;
  #falses = 0;
  constructor(readonly finish: (trues: number, falses: number) => Datum) {}
  add(value: Datum): void {
    if (value === true) this.#trues++;
    else if (value === false) this.#falses++;
  }
  remove(value: Datum): void {
    if (value === true) this.#trues--;
    else if (value === false) this.#falses--;
  }
  value(): Datum {
    return this.finish(this.#trues, this.#falses);
  }
}

/** Candidates in falling order: a value that came later and is larger makes the ones before it pointless. */
class Extreme implements MovingAggregate {
  readonly #places: number[] = [];
  readonly #values: Exclude<Datum, null>[] = [];
  #first = 0;
  constructor(readonly compare: (a: Exclude<Datum, null>, b: Exclude<Datum, null>) => number) {}
  add(value: Datum, place: number): void {
    if (value === null) return;
    while (this.#values.length > this.#first && this.compare(value, this.#values.at(-1) as Exclude<Datum, null>) > 0) {
      this.#values.pop();
      this.#places.pop();
    }
    this.#values.push(value);
    this.#places.push(place);
  }
  remove(_value: Datum, place: number): void {
    if (this.#first < this.#places.length && this.#places[this.#first] === place) this.#first++;
  }
  value(): Datum {
    return this.#values[this.#first] ?? null;
  }
}
