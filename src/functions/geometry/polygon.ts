/** Lists of points: paths and polygons. Source of the inside test: geo_ops.c's point_inside and lseg_inside_poly. */
import {
  add,
  type Box,
  boxContainsBox,
  boxesOverlap,
  closestOfSegments,
  closestOnSegment,
  divide,
  fpGreater,
  fpGreaterEqual,
  fpLess,
  fpLessEqual,
  fpZero,
  middle,
  multiply,
  type Point,
  pointDistance,
  pointsEqual,
  type Segment,
  segmentContains,
  segmentsMeet,
  subtract,
} from "./primitives.js";

export type Points = readonly Point[];

export function boundingBox(points: Points): Box {
  let { x: highX, y: highY } = points[0]!;
  let lowX = highX;
  let lowY = highY;
  for (const { x, y } of points) {
    if (x < lowX) lowX = x;
    if (x > highX) highX = x;
    if (y < lowY) lowY = y;
    if (y > highY) highY = y;
  }
  return { high: { x: highX, y: highY }, low: { x: lowX, y: lowY } };
}
/** Edges in order; a closed figure starts with the one from the last point to the first. */
export function edgesOf(points: Points, closed: boolean): Segment[] {
  const edges: Segment[] = [];
  for (let i = closed ? 0 : 1; i < points.length; i++) edges.push([points[i === 0 ? points.length - 1 : i - 1]!, points[i]!]);
  return edges;
}

const ON_EDGE = Number.POSITIVE_INFINITY;
/** How an edge crosses the half-line from the origin to the right: 0, ±1 (starts or ends on it), ±2. */
function crossing(x: number, y: number, previousX: number, previousY: number): number {
  if (fpZero(y)) {
    if (fpZero(x)) return ON_EDGE;
    if (fpGreater(x, 0)) {
      if (fpZero(previousY)) return fpGreater(previousX, 0) ? 0 : ON_EDGE;
      return fpLess(previousY, 0) ? 1 : -1;
    }
    if (fpZero(previousY)) return fpLess(previousX, 0) ? 0 : ON_EDGE;
    return 0;
  }
  const sign = fpGreater(y, 0) ? 1 : -1;
  if (fpZero(previousY)) return fpLess(previousX, 0) ? 0 : sign;
  if ((sign < 0 && fpLess(previousY, 0)) || (sign > 0 && fpGreater(previousY, 0))) return 0;
  if (fpGreaterEqual(x, 0) && fpGreater(previousX, 0)) return 2 * sign;
  if (fpLess(x, 0) && fpLessEqual(previousX, 0)) return 0;
  const z = subtract(multiply(subtract(x, previousX), y), multiply(subtract(y, previousY), x));
  if (fpZero(z)) return ON_EDGE;
  if ((sign < 0 && fpLess(z, 0)) || (sign > 0 && fpGreater(z, 0))) return 0;
  return 2 * sign;
}
/** Inside or on the edge. */
export function isInside(p: Point, points: Points): boolean {
  let total = 0;
  for (const [from, to] of edgesOf(points, true)) {
    const one = crossing(subtract(to.x, p.x), subtract(to.y, p.y), subtract(from.x, p.x), subtract(from.y, p.y));
    if (one === ON_EDGE) return true;
    total += one;
  }
  return total !== 0;
}

/** Whether the segment lies in the polygon, looking at edges from number `start` on. */
function segmentInside(a: Point, b: Point, points: Points, start: number): boolean {
  const t: Segment = [a, b];
  let crossed = false;
  let from = points[start === 0 ? points.length - 1 : start - 1]!;
  for (let i = start; i < points.length; i++) {
    const edge: Segment = [from, points[i]!];
    let inside = true;
    if (segmentContains(edge, a)) {
      if (segmentContains(edge, b)) return true;
      inside = touchingInside(a, b, edge, points, i + 1);
    } else if (segmentContains(edge, b)) inside = touchingInside(b, a, edge, points, i + 1);
    else {
      const at = segmentsMeet(t, edge);
      if (at !== undefined) {
        crossed = true;
        return segmentInside(a, at, points, i + 1) && segmentInside(b, at, points, i + 1);
      }
    }
    if (!inside) return false;
    from = edge[1];
  }
  return crossed || isInside(middle(a, b), points);
}
/** One end lies on the edge; when the edge's end lies on the segment, the rest beyond it is judged. */
function touchingInside(a: Point, b: Point, edge: Segment, points: Points, start: number): boolean {
  const t: Segment = [a, b];
  const [first, second] = edge;
  if (pointsEqual(a, first)) return segmentContains(t, second) ? segmentInside(b, second, points, start) : true;
  if (pointsEqual(a, second)) return segmentContains(t, first) ? segmentInside(b, first, points, start) : true;
  if (segmentContains(t, first)) return segmentInside(b, first, points, start);
  if (segmentContains(t, second)) return segmentInside(b, second, points, start);
  return true;
}
export function polygonContains(outer: Points, inner: Points): boolean {
  if (!boxContainsBox(boundingBox(outer), boundingBox(inner))) return false;
  return edgesOf(inner, true).every(([from, to]) => segmentInside(from, to, outer, 0));
}
export function polygonsOverlap(a: Points, b: Points): boolean {
  if (!boxesOverlap(boundingBox(a), boundingBox(b))) return false;
  const others = edgesOf(b, true);
  if (edgesOf(a, true).some((edge) => others.some((other) => segmentsMeet(edge, other) !== undefined))) return true;
  return isInside(a[0]!, b) || isInside(b[0]!, a);
}
/** The same points in the same or in opposite order, starting anywhere. */
export function samePolygon(a: Points, b: Points): boolean {
  const n = a.length;
  if (n !== b.length) return false;
  for (let start = 0; start < n; start++) {
    if (!pointsEqual(b[start]!, a[0]!)) continue;
    let forward = true;
    let backward = true;
    for (let i = 1; i < n; i++) {
      forward &&= pointsEqual(a[i]!, b[(start + i) % n]!);
      backward &&= pointsEqual(a[i]!, b[(start - i + n) % n]!);
    }
    if (forward || backward) return true;
  }
  return false;
}
export function distanceToEdges(p: Point, points: Points, closed: boolean): number {
  const edges = edgesOf(points, closed);
  return edges.length === 0 ? 0 : Math.min(...edges.map((edge) => closestOnSegment(edge, p).distance));
}
export function distanceToPolygon(p: Point, points: Points): number {
  return isInside(p, points) ? 0 : distanceToEdges(p, points, true);
}
/** Least distance of two lists of edges; undefined when either has none. */
export function edgesDistance(a: readonly Segment[], b: readonly Segment[]): number | undefined {
  let best: number | undefined;
  for (const one of a)
    for (const other of b) {
      const { distance } = closestOfSegments(one, other);
      if (best === undefined || distance < best) best = distance;
    }
  return best;
}
export function pathContains(points: Points, closed: boolean, p: Point): boolean {
  if (closed) return isInside(p, points);
  return edgesOf(points, false).some((edge) => segmentContains(edge, p));
}
export function areaOf(points: Points): number {
  let area = 0;
  for (let i = 0; i < points.length; i++) {
    const j = points[(i + 1) % points.length]!;
    area = add(area, multiply(points[i]!.x, j.y));
    area = subtract(area, multiply(points[i]!.y, j.x));
  }
  return divide(Math.abs(area), 2);
}
/** The circle around the mean of the points with their mean distance from it. */
export function circleAround(points: Points): { readonly center: Point; readonly radius: number } {
  let center: Point = { x: 0, y: 0 };
  for (const p of points) center = { x: add(center.x, p.x), y: add(center.y, p.y) };
  center = { x: divide(center.x, points.length), y: divide(center.y, points.length) };
  let radius = 0;
  for (const p of points) radius = add(radius, pointDistance(p, center));
  return { center, radius: divide(radius, points.length) };
}
