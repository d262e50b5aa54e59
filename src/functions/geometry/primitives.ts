/**
 * Points, segments, lines and boxes: predicates with PostgreSQL's tolerance, intersections, closest points, distances.
 *
 * Comparisons named `fp…` hold within EPSILON, as geo_ops.c's FPeq and friends; where PostgreSQL compares exactly so does this file.
 */

import { floatRangeError } from "../../types/index.js";
import { product, quotient, sum } from "../families/float-math.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}
export type Segment = readonly [Point, Point];
/** Ax + By + C = 0. */
export interface Line {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
export interface Box {
  readonly high: Point;
  readonly low: Point;
}
/** A closest point and how far it is. */
export interface Closest {
  readonly point: Point;
  readonly distance: number;
}

const EPSILON = 1e-6;
export const fpZero = (a: number) => Math.abs(a) <= EPSILON;
export const fpEqual = (a: number, b: number) => a === b || Math.abs(a - b) <= EPSILON;
export const fpLess = (a: number, b: number) => b - a > EPSILON;
export const fpLessEqual = (a: number, b: number) => a - b <= EPSILON;
export const fpGreater = (a: number, b: number) => a - b > EPSILON;
export const fpGreaterEqual = (a: number, b: number) => b - a <= EPSILON;

export const add = (a: number, b: number) => sum(a + b, a, b);
export const subtract = (a: number, b: number) => sum(a - b, a, b);
export const multiply = (a: number, b: number) => product(a * b, a, b);
export const divide = (a: number, b: number) => quotient(a / b, a, b);

/** Square root of a² + b² without intermediate overflow. Source: float.c's pg_hypot. */
export function hypotenuse(a: number, b: number): number {
  let x = Math.abs(a);
  let y = Math.abs(b);
  if (!Number.isFinite(x) && !Number.isNaN(x)) return x;
  if (!Number.isFinite(y) && !Number.isNaN(y)) return y;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x < y) [x, y] = [y, x];
  if (y === 0) return x;
  const ratio = y / x;
  const result = x * Math.sqrt(1 + ratio * ratio);
  if (result === Number.POSITIVE_INFINITY) throw floatRangeError("overflow");
  if (result === 0) throw floatRangeError("underflow");
  return result;
}

export function pointsEqual(a: Point, b: Point): boolean {
  const same = (u: number, v: number) => u === v || (Number.isNaN(u) && Number.isNaN(v));
  if ([a.x, a.y, b.x, b.y].some(Number.isNaN)) return same(a.x, b.x) && same(a.y, b.y);
  return fpEqual(a.x, b.x) && fpEqual(a.y, b.y);
}
export const pointDistance = (a: Point, b: Point) => hypotenuse(subtract(a.x, b.x), subtract(a.y, b.y));
export function slope(a: Point, b: Point): number {
  if (fpEqual(a.x, b.x)) return Number.POSITIVE_INFINITY;
  if (fpEqual(a.y, b.y)) return 0;
  return divide(subtract(a.y, b.y), subtract(a.x, b.x));
}
/** Slope of the perpendicular. */
export function inverseSlope(a: Point, b: Point): number {
  if (fpEqual(a.x, b.x)) return 0;
  if (fpEqual(a.y, b.y)) return Number.POSITIVE_INFINITY;
  return divide(subtract(a.x, b.x), subtract(b.y, a.y));
}
export const addPoints = (a: Point, b: Point): Point => ({ x: add(a.x, b.x), y: add(a.y, b.y) });
export const subtractPoints = (a: Point, b: Point): Point => ({ x: subtract(a.x, b.x), y: subtract(a.y, b.y) });
/** Complex product and quotient: scaling and rotation. */
export const multiplyPoints = (a: Point, b: Point): Point => ({
  x: subtract(multiply(a.x, b.x), multiply(a.y, b.y)),
  y: add(multiply(a.x, b.y), multiply(a.y, b.x)),
});
export function dividePoints(a: Point, b: Point): Point {
  const size = add(multiply(b.x, b.x), multiply(b.y, b.y));
  return {
    x: divide(add(multiply(a.x, b.x), multiply(a.y, b.y)), size),
    y: divide(subtract(multiply(a.y, b.x), multiply(a.x, b.y)), size),
  };
}
export const middle = (a: Point, b: Point): Point => ({ x: divide(add(a.x, b.x), 2), y: divide(add(a.y, b.y), 2) });

export function lineThrough(point: Point, gradient: number): Line {
  if (gradient === Number.POSITIVE_INFINITY || gradient === Number.NEGATIVE_INFINITY) return { a: -1, b: 0, c: point.x };
  if (gradient === 0) return { a: 0, b: -1, c: point.y };
  return { a: gradient, b: -1, c: subtract(point.y, multiply(gradient, point.x)) + 0 };
}
export const lineOf = (segment: Segment): Line => lineThrough(segment[0], slope(segment[0], segment[1]));
export function lineSlope(line: Line): number {
  if (fpZero(line.a)) return 0;
  if (fpZero(line.b)) return Number.POSITIVE_INFINITY;
  return divide(line.a, -line.b);
}
export function lineInverseSlope(line: Line): number {
  if (fpZero(line.a)) return Number.POSITIVE_INFINITY;
  if (fpZero(line.b)) return 0;
  return divide(line.b, line.a);
}
export function lineIntersection(l1: Line, l2: Line): Point | undefined {
  if (!fpZero(l1.b)) {
    if (fpEqual(l2.a, multiply(l1.a, divide(l2.b, l1.b)))) return undefined;
    const x = divide(subtract(multiply(l1.b, l2.c), multiply(l2.b, l1.c)), subtract(multiply(l1.a, l2.b), multiply(l2.a, l1.b)));
    return { x: x + 0, y: divide(-add(multiply(l1.a, x), l1.c), l1.b) + 0 };
  }
  if (fpZero(l2.b)) return undefined;
  if (fpEqual(l1.a, multiply(l2.a, divide(l1.b, l2.b)))) return undefined;
  const x = divide(subtract(multiply(l2.b, l1.c), multiply(l1.b, l2.c)), subtract(multiply(l2.a, l1.b), multiply(l1.a, l2.b)));
  return { x: x + 0, y: divide(-add(multiply(l2.a, x), l2.c), l2.b) + 0 };
}
export function linesPerpendicular(l1: Line, l2: Line): boolean {
  if (fpZero(l1.a)) return fpZero(l2.b);
  if (fpZero(l2.a)) return fpZero(l1.b);
  if (fpZero(l1.b)) return fpZero(l2.a);
  if (fpZero(l2.b)) return fpZero(l1.a);
  return fpEqual(divide(multiply(l1.a, l2.a), multiply(l1.b, l2.b)), -1);
}
export function linesEqual(l1: Line, l2: Line): boolean {
  const all = [l1.a, l1.b, l1.c, l2.a, l2.b, l2.c];
  if (all.some(Number.isNaN)) return Object.is(l1.a, l2.a) && Object.is(l1.b, l2.b) && Object.is(l1.c, l2.c);
  const ratio = !fpZero(l2.a) ? divide(l1.a, l2.a) : !fpZero(l2.b) ? divide(l1.b, l2.b) : !fpZero(l2.c) ? divide(l1.c, l2.c) : 1;
  return fpEqual(l1.a, multiply(ratio, l2.a)) && fpEqual(l1.b, multiply(ratio, l2.b)) && fpEqual(l1.c, multiply(ratio, l2.c));
}
export function lineDistance(l1: Line, l2: Line): number {
  if (lineIntersection(l1, l2) !== undefined) return 0;
  const usable = (u: number, v: number) => !fpZero(u) && !Number.isNaN(u) && !fpZero(v) && !Number.isNaN(v);
  const ratio = usable(l1.a, l2.a) ? divide(l1.a, l2.a) : usable(l1.b, l2.b) ? divide(l1.b, l2.b) : 1;
  return divide(Math.abs(subtract(l1.c, multiply(ratio, l2.c))), hypotenuse(l1.a, l1.b));
}
export const lineContains = (line: Line, p: Point) => fpZero(add(add(multiply(line.a, p.x), multiply(line.b, p.y)), line.c));
export function closestOnLine(line: Line, point: Point): Closest {
  const found = lineIntersection(line, lineThrough(point, lineInverseSlope(line)));
  return found === undefined ? { point, distance: Number.NaN } : { point: found, distance: pointDistance(found, point) };
}

export const segmentContains = (s: Segment, p: Point) =>
  fpEqual(pointDistance(p, s[0]) + pointDistance(p, s[1]), pointDistance(s[0], s[1]));
export function segmentMeetsLine(s: Segment, line: Line): Point | undefined {
  const found = lineIntersection(lineOf(s), line);
  if (found === undefined || !segmentContains(s, found)) return undefined;
  // An endpoint that is as good as the computed place is the place.
  return pointsEqual(s[0], found) ? s[0] : pointsEqual(s[1], found) ? s[1] : found;
}
export function segmentsMeet(a: Segment, b: Segment): Point | undefined {
  const found = segmentMeetsLine(a, lineOf(b));
  return found !== undefined && segmentContains(b, found) ? found : undefined;
}
export function closestOnSegmentToLine(s: Segment, line: Line): Closest {
  const found = segmentMeetsLine(s, line);
  if (found !== undefined) return { point: found, distance: 0 };
  const first = closestOnLine(line, s[0]).distance;
  const second = closestOnLine(line, s[1]).distance;
  return first < second ? { point: s[0], distance: first } : { point: s[1], distance: second };
}
export function closestOnSegment(s: Segment, p: Point): Closest {
  const { point } = closestOnSegmentToLine(s, lineThrough(p, inverseSlope(s[0], s[1])));
  return { point, distance: pointDistance(point, p) };
}
/** The point of `on` that is nearest to `to`. */
export function closestOfSegments(on: Segment, to: Segment): Closest {
  const crossing = segmentsMeet(on, to);
  if (crossing !== undefined) return { point: crossing, distance: 0 };
  let best = closestOnSegment(on, to[0]);
  const other = closestOnSegment(on, to[1]);
  if (other.distance < best.distance) best = other;
  for (const end of on) {
    const { distance } = closestOnSegment(to, end);
    if (distance < best.distance) best = { point: end, distance };
  }
  return best;
}

export function boxOf(a: Point, b: Point): Box {
  const [lowX, highX] = a.x > b.x || Number.isNaN(a.x) ? [b.x, a.x] : [a.x, b.x];
  const [lowY, highY] = a.y > b.y || Number.isNaN(a.y) ? [b.y, a.y] : [a.y, b.y];
  return { high: { x: highX, y: highY }, low: { x: lowX, y: lowY } };
}
export const boxArea = (b: Box) => multiply(subtract(b.high.x, b.low.x), subtract(b.high.y, b.low.y));
export const boxCenter = (b: Box) => middle(b.high, b.low);
export const boxContainsPoint = (b: Box, p: Point) => b.high.x >= p.x && b.low.x <= p.x && b.high.y >= p.y && b.low.y <= p.y;
export const boxesOverlap = (a: Box, b: Box) =>
  fpLessEqual(a.low.x, b.high.x) && fpLessEqual(b.low.x, a.high.x) && fpLessEqual(a.low.y, b.high.y) && fpLessEqual(b.low.y, a.high.y);
export const boxContainsBox = (a: Box, b: Box) =>
  fpGreaterEqual(a.high.x, b.high.x) &&
  fpLessEqual(a.low.x, b.low.x) &&
  fpGreaterEqual(a.high.y, b.high.y) &&
  fpLessEqual(a.low.y, b.low.y);
export function boxEdges(b: Box): readonly Segment[] {
  const upperLeft = { x: b.low.x, y: b.high.y };
  const lowerRight = { x: b.high.x, y: b.low.y };
  return [
    [b.low, upperLeft],
    [b.high, upperLeft],
    [b.low, lowerRight],
    [b.high, lowerRight],
  ];
}
export function boxMeetsSegment(box: Box, s: Segment): boolean {
  if (!boxesOverlap(boxOf(s[0], s[1]), box)) return false;
  if (boxContainsPoint(box, s[0]) || boxContainsPoint(box, s[1])) return true;
  return boxEdges(box).some((edge) => segmentsMeet(edge, s) !== undefined);
}
const nearest = (candidates: readonly Closest[]) => candidates.reduce((best, one) => (one.distance < best.distance ? one : best));
export function closestOnBox(box: Box, p: Point): Closest {
  if (boxContainsPoint(box, p)) return { point: p, distance: 0 };
  return nearest(boxEdges(box).map((edge) => closestOnSegment(edge, p)));
}
export function closestOnBoxToSegment(box: Box, s: Segment): Closest {
  if (boxMeetsSegment(box, s)) return { point: closestOnSegment(s, boxCenter(box)).point, distance: 0 };
  return nearest(boxEdges(box).map((edge) => closestOfSegments(edge, s)));
}
