/** Operators, functions and casts of the geometric types. */
import { type Datum, dataError, GeometricPath, invalidParameter } from "../../types/index.js";
import {
  areaOf,
  boundingBox,
  circleAround,
  distanceToEdges,
  distanceToPolygon,
  edgesDistance,
  edgesOf,
  isInside,
  type Points,
  pathContains,
  polygonContains,
  polygonsOverlap,
  samePolygon,
} from "../geometry/polygon.js";
import {
  add,
  addPoints,
  type Box,
  boxArea,
  boxCenter,
  boxContainsBox,
  boxContainsPoint,
  boxEdges,
  boxesOverlap,
  boxMeetsSegment,
  boxOf,
  closestOfSegments,
  closestOnBox,
  closestOnBoxToSegment,
  closestOnLine,
  closestOnSegment,
  closestOnSegmentToLine,
  divide,
  dividePoints,
  fpEqual,
  fpGreater,
  fpGreaterEqual,
  fpLess,
  fpLessEqual,
  fpZero,
  hypotenuse,
  inverseSlope,
  type Line,
  lineContains,
  lineDistance,
  lineIntersection,
  lineSlope,
  linesEqual,
  linesPerpendicular,
  lineThrough,
  middle,
  multiply,
  multiplyPoints,
  type Point,
  pointDistance,
  pointsEqual,
  type Segment,
  segmentContains,
  segmentMeetsLine,
  segmentsMeet,
  slope,
  subtract,
  subtractPoints,
} from "../geometry/primitives.js";
import { cos, sin } from "../numeric/double-double.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { flatten, pointsOf } from "../types/geometric.js";

interface Circle {
  readonly center: Point;
  readonly radius: number;
}
interface Path {
  readonly closed: boolean;
  readonly points: Points;
}
type Doubles = Float64Array;

/** From datums to shapes and back. */
const point = (v: Doubles): Point => ({ x: v[0]!, y: v[1]! });
const segment = (v: Doubles): Segment => [
  { x: v[0]!, y: v[1]! },
  { x: v[2]!, y: v[3]! },
];
const box = (v: Doubles): Box => ({ high: { x: v[0]!, y: v[1]! }, low: { x: v[2]!, y: v[3]! } });
const line = (v: Doubles): Line => ({ a: v[0]!, b: v[1]!, c: v[2]! });
const circle = (v: Doubles): Circle => ({ center: { x: v[0]!, y: v[1]! }, radius: v[2]! });
const path = (v: GeometricPath): Path => ({ closed: v.closed, points: pointsOf(v.coordinates) });
const polygon = (v: Doubles): Points => pointsOf(v);
const readers = { point, lseg: segment, box, line, circle, path, polygon } as const;
type Shapes = { readonly [K in keyof typeof readers]: ReturnType<(typeof readers)[K]> };

const ofPoint = ({ x, y }: Point): Datum => Float64Array.of(x, y);
const ofSegment = (s: Segment): Datum => flatten(s);
const ofBox = ({ high, low }: Box): Datum => Float64Array.of(high.x, high.y, low.x, low.y);
const ofLine = ({ a, b, c }: Line): Datum => Float64Array.of(a, b, c);
const ofCircle = ({ center, radius }: Circle): Datum => Float64Array.of(center.x, center.y, radius);
const ofPath = ({ closed, points }: Path): Datum => new GeometricPath(closed, flatten(points));
const ofPolygon = (points: Points): Datum => flatten(points);

function one<K extends keyof Shapes>(kind: K, of: (value: Shapes[K]) => Datum): ScalarBody {
  const read = readers[kind] as unknown as (value: never) => Shapes[K];
  return (_c, value: never) => of(read(value));
}
function two<K extends keyof Shapes, L extends keyof Shapes>(left: K, right: L, of: (a: Shapes[K], b: Shapes[L]) => Datum): ScalarBody {
  const readLeft = readers[left] as unknown as (value: never) => Shapes[K];
  const readRight = readers[right] as unknown as (value: never) => Shapes[L];
  return (_c, a: never, b: never) => of(readLeft(a), readRight(b));
}

const scalars: Record<string, ScalarBody> = {};
const define = (bodies: Record<string, ScalarBody>) => Object.assign(scalars, bodies);

const tests: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: fpEqual,
  ne: (a, b) => !fpEqual(a, b),
  lt: fpLess,
  le: fpLessEqual,
  gt: fpGreater,
  ge: fpGreaterEqual,
};
/** Boxes, circles and segments compare by size. */
const circleArea = (c: Circle) => multiply(multiply(c.radius, c.radius), Math.PI);
const segmentLength = (s: Segment) => pointDistance(s[0], s[1]);
for (const [suffix, test] of Object.entries(tests)) {
  define({
    [`box_${suffix}`]: two("box", "box", (a, b) => test(boxArea(a), boxArea(b))),
    [`circle_${suffix}`]: two("circle", "circle", (a, b) => test(circleArea(a), circleArea(b))),
    [`lseg_${suffix}`]: two("lseg", "lseg", (a, b) => test(segmentLength(a), segmentLength(b))),
    [`path_n_${suffix}`]: two("path", "path", (a, b) => test(a.points.length, b.points.length)),
  });
}

define({
  lseg_eq: two("lseg", "lseg", (a, b) => pointsEqual(a[0], b[0]) && pointsEqual(a[1], b[1])),
  lseg_ne: two("lseg", "lseg", (a, b) => !(pointsEqual(a[0], b[0]) && pointsEqual(a[1], b[1]))),
  point_eq: two("point", "point", pointsEqual),
  point_ne: two("point", "point", (a, b) => !pointsEqual(a, b)),
  point_above: two("point", "point", (a, b) => fpGreater(a.y, b.y)),
  point_below: two("point", "point", (a, b) => fpLess(a.y, b.y)),
  point_left: two("point", "point", (a, b) => fpLess(a.x, b.x)),
  point_right: two("point", "point", (a, b) => fpGreater(a.x, b.x)),
  point_vert: two("point", "point", (a, b) => fpEqual(a.x, b.x)),
  point_horiz: two("point", "point", (a, b) => fpEqual(a.y, b.y)),
  "isvertical(point,point)": two("point", "point", (a, b) => fpEqual(a.x, b.x)),
  "ishorizontal(point,point)": two("point", "point", (a, b) => fpEqual(a.y, b.y)),
  point_distance: two("point", "point", pointDistance),
  "slope(point,point)": two("point", "point", slope),
  point_add: two("point", "point", (a, b) => ofPoint(addPoints(a, b))),
  point_sub: two("point", "point", (a, b) => ofPoint(subtractPoints(a, b))),
  point_mul: two("point", "point", (a, b) => ofPoint(multiplyPoints(a, b))),
  point_div: two("point", "point", (a, b) => ofPoint(dividePoints(a, b))),
  "point(float8,float8)": (_c, x: number, y: number) => Float64Array.of(x, y),
  "point(lseg)": one("lseg", (s) => ofPoint(middle(s[0], s[1]))),
  "point(box)": one("box", (b) => ofPoint(boxCenter(b))),
  "point(circle)": one("circle", (c) => ofPoint(c.center)),
  "point(polygon)": one("polygon", (p) => ofPoint(circleAround(p).center)),
  lseg_center: one("lseg", (s) => ofPoint(middle(s[0], s[1]))),
  box_center: one("box", (b) => ofPoint(boxCenter(b))),
  circle_center: one("circle", (c) => ofPoint(c.center)),
  poly_center: one("polygon", (p) => ofPoint(circleAround(p).center)),
  "center(box)": one("box", (b) => ofPoint(boxCenter(b))),
  "center(circle)": one("circle", (c) => ofPoint(c.center)),
});

// Segments and lines.
const segmentsParallel = (a: Segment, b: Segment) => fpEqual(slope(a[0], a[1]), slope(b[0], b[1]));
const segmentsPerpendicular = (a: Segment, b: Segment) => fpEqual(slope(a[0], a[1]), inverseSlope(b[0], b[1]));
const isVertical = one("lseg", (s) => fpEqual(s[0].x, s[1].x));
const isHorizontal = one("lseg", (s) => fpEqual(s[0].y, s[1].y));
const lineVertical = one("line", (l) => fpZero(l.b));
const lineHorizontal = one("line", (l) => fpZero(l.a));
const lineParallel = two("line", "line", (a, b) => lineIntersection(a, b) === undefined);
const linePerpendicular = two("line", "line", linesPerpendicular);
const orNull = (found: Point | undefined): Datum => (found === undefined ? null : ofPoint(found));
define({
  "lseg(point,point)": two("point", "point", (a, b) => ofSegment([a, b])),
  "lseg(box)": one("box", (b) => ofSegment([b.high, b.low])),
  lseg_length: one("lseg", segmentLength),
  "length(lseg)": one("lseg", segmentLength),
  lseg_parallel: two("lseg", "lseg", segmentsParallel),
  "isparallel(lseg,lseg)": two("lseg", "lseg", segmentsParallel),
  lseg_perp: two("lseg", "lseg", segmentsPerpendicular),
  "isperp(lseg,lseg)": two("lseg", "lseg", segmentsPerpendicular),
  lseg_vertical: isVertical,
  "isvertical(lseg)": isVertical,
  lseg_horizontal: isHorizontal,
  "ishorizontal(lseg)": isHorizontal,
  lseg_intersect: two("lseg", "lseg", (a, b) => segmentsMeet(a, b) !== undefined),
  lseg_interpt: two("lseg", "lseg", (a, b) => orNull(segmentsMeet(a, b))),
  lseg_distance: two("lseg", "lseg", (a, b) => closestOfSegments(a, b).distance),
  "line(point,point)": two("point", "point", (a, b) => {
    if (pointsEqual(a, b)) throw invalidParameter("invalid line specification: must be two distinct points");
    return ofLine(lineThrough(a, slope(a, b)));
  }),
  line_eq: two("line", "line", linesEqual),
  line_intersect: two("line", "line", (a, b) => lineIntersection(a, b) !== undefined),
  line_interpt: two("line", "line", (a, b) => orNull(lineIntersection(a, b))),
  line_parallel: lineParallel,
  "isparallel(line,line)": lineParallel,
  line_perp: linePerpendicular,
  "isperp(line,line)": linePerpendicular,
  line_vertical: lineVertical,
  "isvertical(line)": lineVertical,
  line_horizontal: lineHorizontal,
  "ishorizontal(line)": lineHorizontal,
  line_distance: two("line", "line", lineDistance),
  inter_sl: two("lseg", "line", (s, l) => segmentMeetsLine(s, l) !== undefined),
  inter_sb: two("lseg", "box", (s, b) => boxMeetsSegment(b, s)),
  inter_lb: two("line", "box", (l, b) => boxEdges(b).some((edge) => segmentMeetsLine(edge, l) !== undefined)),
});

// Which contains which, how far, where closest.
const known = (closest: { readonly point: Point; readonly distance: number }): Datum =>
  Number.isNaN(closest.distance) ? null : ofPoint(closest.point);
define({
  on_pl: two("point", "line", (p, l) => lineContains(l, p)),
  on_ps: two("point", "lseg", (p, s) => segmentContains(s, p)),
  on_pb: two("point", "box", (p, b) => boxContainsPoint(b, p)),
  on_ppath: two("point", "path", (p, q) => pathContains(q.points, q.closed, p)),
  on_sl: two("lseg", "line", (s, l) => lineContains(l, s[0]) && lineContains(l, s[1])),
  on_sb: two("lseg", "box", (s, b) => boxContainsPoint(b, s[0]) && boxContainsPoint(b, s[1])),
  box_contain_pt: two("box", "point", boxContainsPoint),
  path_contain_pt: two("path", "point", (q, p) => pathContains(q.points, q.closed, p)),
  poly_contain_pt: two("polygon", "point", (q, p) => isInside(p, q)),
  pt_contained_poly: two("point", "polygon", isInside),
  dist_pl: two("point", "line", (p, l) => closestOnLine(l, p).distance),
  dist_lp: two("line", "point", (l, p) => closestOnLine(l, p).distance),
  dist_ps: two("point", "lseg", (p, s) => closestOnSegment(s, p).distance),
  dist_sp: two("lseg", "point", (s, p) => closestOnSegment(s, p).distance),
  dist_pb: two("point", "box", (p, b) => closestOnBox(b, p).distance),
  dist_bp: two("box", "point", (b, p) => closestOnBox(b, p).distance),
  dist_sl: two("lseg", "line", (s, l) => closestOnSegmentToLine(s, l).distance),
  dist_ls: two("line", "lseg", (l, s) => closestOnSegmentToLine(s, l).distance),
  dist_sb: two("lseg", "box", (s, b) => closestOnBoxToSegment(b, s).distance),
  dist_bs: two("box", "lseg", (b, s) => closestOnBoxToSegment(b, s).distance),
  dist_ppath: two("point", "path", (p, q) => distanceToEdges(p, q.points, q.closed)),
  dist_pathp: two("path", "point", (q, p) => distanceToEdges(p, q.points, q.closed)),
  dist_ppoly: two("point", "polygon", distanceToPolygon),
  dist_polyp: two("polygon", "point", (q, p) => distanceToPolygon(p, q)),
  close_pl: two("point", "line", (p, l) => known(closestOnLine(l, p))),
  close_ps: two("point", "lseg", (p, s) => known(closestOnSegment(s, p))),
  close_pb: two("point", "box", (p, b) => known(closestOnBox(b, p))),
  close_ls: two("line", "lseg", (l, s) => (slope(s[0], s[1]) === lineSlope(l) ? null : known(closestOnSegmentToLine(s, l)))),
  close_lseg: two("lseg", "lseg", (a, b) => (slope(a[0], a[1]) === slope(b[0], b[1]) ? null : known(closestOfSegments(b, a)))),
  close_sb: two("lseg", "box", (s, b) => known(closestOnBoxToSegment(b, s))),
});

// Boxes.
const moveBox = (of: (a: Point, b: Point) => Point): ScalarBody => two("box", "point", (b, p) => ofBox(boxOf(of(b.high, p), of(b.low, p))));
const width = one("box", (b) => subtract(b.high.x, b.low.x));
const height = one("box", (b) => subtract(b.high.y, b.low.y));
define({
  "box(point,point)": two("point", "point", (a, b) => ofBox(boxOf(a, b))),
  "box(point)": one("point", (p) => ofBox({ high: p, low: p })),
  // What SP-GiST keeps of a polygon.
  spg_poly_quad_compress: one("polygon", (p) => ofBox(boundingBox(p))),
  "box(polygon)": one("polygon", (p) => ofBox(boundingBox(p))),
  "box(circle)": one("circle", (c) => {
    const delta = divide(c.radius, Math.SQRT2);
    return ofBox({
      high: { x: add(c.center.x, delta), y: add(c.center.y, delta) },
      low: { x: subtract(c.center.x, delta), y: subtract(c.center.y, delta) },
    });
  }),
  "area(box)": one("box", boxArea),
  "width(box)": width,
  "height(box)": height,
  diagonal: one("box", (b) => ofSegment([b.high, b.low])),
  box_same: two("box", "box", (a, b) => pointsEqual(a.high, b.high) && pointsEqual(a.low, b.low)),
  box_overlap: two("box", "box", boxesOverlap),
  box_contain: two("box", "box", boxContainsBox),
  box_contained: two("box", "box", (a, b) => boxContainsBox(b, a)),
  box_left: two("box", "box", (a, b) => fpLess(a.high.x, b.low.x)),
  box_overleft: two("box", "box", (a, b) => fpLessEqual(a.high.x, b.high.x)),
  box_right: two("box", "box", (a, b) => fpGreater(a.low.x, b.high.x)),
  box_overright: two("box", "box", (a, b) => fpGreaterEqual(a.low.x, b.low.x)),
  box_below: two("box", "box", (a, b) => fpLess(a.high.y, b.low.y)),
  box_overbelow: two("box", "box", (a, b) => fpLessEqual(a.high.y, b.high.y)),
  box_above: two("box", "box", (a, b) => fpGreater(a.low.y, b.high.y)),
  box_overabove: two("box", "box", (a, b) => fpGreaterEqual(a.low.y, b.low.y)),
  box_below_eq: two("box", "box", (a, b) => fpLessEqual(a.high.y, b.low.y)),
  box_above_eq: two("box", "box", (a, b) => fpGreaterEqual(a.low.y, b.high.y)),
  box_distance: two("box", "box", (a, b) => pointDistance(boxCenter(a), boxCenter(b))),
  box_intersect: two("box", "box", (a, b) => {
    if (!boxesOverlap(a, b)) return null;
    return ofBox({
      high: { x: Math.min(a.high.x, b.high.x), y: Math.min(a.high.y, b.high.y) },
      low: { x: Math.max(a.low.x, b.low.x), y: Math.max(a.low.y, b.low.y) },
    });
  }),
  bound_box: two("box", "box", (a, b) => ofBox(boundingBox([a.high, a.low, b.high, b.low]))),
  box_add: moveBox(addPoints),
  box_sub: moveBox(subtractPoints),
  box_mul: moveBox(multiplyPoints),
  box_div: moveBox(dividePoints),
});

// Paths.
const movePath = (of: (a: Point, b: Point) => Point): ScalarBody =>
  two("path", "point", (q, p) => ofPath({ ...q, points: q.points.map((each) => of(each, p)) }));
const pathLength = one("path", ({ points, closed }) => edgesOf(points, closed).reduce((total, edge) => add(total, segmentLength(edge)), 0));
define({
  path_length: pathLength,
  "length(path)": pathLength,
  "area(path)": one("path", (q) => (q.closed ? areaOf(q.points) : null)),
  isclosed: one("path", (q) => q.closed),
  isopen: one("path", (q) => !q.closed),
  pclose: one("path", (q) => ofPath({ ...q, closed: true })),
  popen: one("path", (q) => ofPath({ ...q, closed: false })),
  path_npoints: one("path", (q) => q.points.length),
  "npoints(path)": one("path", (q) => q.points.length),
  "path(polygon)": one("polygon", (points) => ofPath({ closed: true, points })),
  path_distance: two("path", "path", (a, b) => edgesDistance(edgesOf(a.points, a.closed), edgesOf(b.points, b.closed)) ?? null),
  path_inter: two("path", "path", (a, b) => {
    if (!boxesOverlap(boundingBox(a.points), boundingBox(b.points))) return false;
    const others = edgesOf(b.points, b.closed);
    return edgesOf(a.points, a.closed).some((edge) => others.some((other) => segmentsMeet(edge, other) !== undefined));
  }),
  path_add: two("path", "path", (a, b) => (a.closed || b.closed ? null : ofPath({ closed: false, points: [...a.points, ...b.points] }))),
  path_add_pt: movePath(addPoints),
  path_sub_pt: movePath(subtractPoints),
  path_mul_pt: movePath(multiplyPoints),
  path_div_pt: movePath(dividePoints),
});

// Polygons: position is that of their bounding boxes, compared exactly.
const bounds = (test: (a: Box, b: Box) => boolean) => two("polygon", "polygon", (a, b) => test(boundingBox(a), boundingBox(b)));
function circlePolygon(count: number, { center, radius }: Circle): Datum {
  if (fpZero(radius)) throw dataError("0A000", "cannot convert circle with radius zero to polygon");
  if (count < 2) throw invalidParameter("must request at least 2 points");
  if (count > 67_108_850) throw dataError("54000", "too many points requested");
  const step = divide(2 * Math.PI, count);
  const points: Point[] = [];
  for (let i = 0; i < count; i++) {
    const angle = multiply(step, i);
    points.push({
      x: subtract(center.x, multiply(radius, cos(angle))),
      y: add(center.y, multiply(radius, sin(angle))),
    });
  }
  return ofPolygon(points);
}
define({
  poly_left: bounds((a, b) => a.high.x < b.low.x),
  poly_overleft: bounds((a, b) => a.high.x <= b.high.x),
  poly_right: bounds((a, b) => a.low.x > b.high.x),
  poly_overright: bounds((a, b) => a.low.x >= b.low.x),
  poly_below: bounds((a, b) => a.high.y < b.low.y),
  poly_overbelow: bounds((a, b) => a.high.y <= b.high.y),
  poly_above: bounds((a, b) => a.low.y > b.high.y),
  poly_overabove: bounds((a, b) => a.low.y >= b.low.y),
  poly_same: two("polygon", "polygon", samePolygon),
  poly_contain: two("polygon", "polygon", polygonContains),
  poly_contained: two("polygon", "polygon", (a, b) => polygonContains(b, a)),
  poly_overlap: two("polygon", "polygon", polygonsOverlap),
  poly_distance: two("polygon", "polygon", (a, b) =>
    polygonsOverlap(a, b) ? 0 : (edgesDistance(edgesOf(a, true), edgesOf(b, true)) ?? null),
  ),
  poly_npoints: one("polygon", (p) => p.length),
  "npoints(polygon)": one("polygon", (p) => p.length),
  "polygon(box)": one("box", ({ high, low }) => ofPolygon([low, { x: low.x, y: high.y }, high, { x: high.x, y: low.y }])),
  "polygon(path)": one("path", (q) => {
    if (!q.closed) throw invalidParameter("open path cannot be converted to polygon");
    return ofPolygon(q.points);
  }),
  "polygon(circle)": one("circle", (c) => circlePolygon(12, c)),
  "polygon(int4,circle)": (_c, count: number, c: Doubles) => circlePolygon(count, circle(c)),
});

// Circles.
const gap = (a: Circle, b: Circle) => pointDistance(a.center, b.center);
const atLeastZero = (distance: number) => Math.max(distance, 0);
const right = (c: Circle) => add(c.center.x, c.radius);
const left = (c: Circle) => subtract(c.center.x, c.radius);
const top = (c: Circle) => add(c.center.y, c.radius);
const bottom = (c: Circle) => subtract(c.center.y, c.radius);
const pointToCircle = (p: Point, c: Circle) => atLeastZero(subtract(pointDistance(p, c.center), c.radius));
const circleToPolygon = (c: Circle, p: Points) => atLeastZero(subtract(distanceToPolygon(c.center, p), c.radius));
define({
  circle_same: two(
    "circle",
    "circle",
    (a, b) => (Object.is(a.radius, b.radius) || fpEqual(a.radius, b.radius)) && pointsEqual(a.center, b.center),
  ),
  circle_overlap: two("circle", "circle", (a, b) => fpLessEqual(gap(a, b), add(a.radius, b.radius))),
  circle_left: two("circle", "circle", (a, b) => fpLess(right(a), left(b))),
  circle_overleft: two("circle", "circle", (a, b) => fpLessEqual(right(a), right(b))),
  circle_right: two("circle", "circle", (a, b) => fpGreater(left(a), right(b))),
  circle_overright: two("circle", "circle", (a, b) => fpGreaterEqual(left(a), left(b))),
  circle_below: two("circle", "circle", (a, b) => fpLess(top(a), bottom(b))),
  circle_overbelow: two("circle", "circle", (a, b) => fpLessEqual(top(a), top(b))),
  circle_above: two("circle", "circle", (a, b) => fpGreater(bottom(a), top(b))),
  circle_overabove: two("circle", "circle", (a, b) => fpGreaterEqual(bottom(a), bottom(b))),
  circle_contain: two("circle", "circle", (a, b) => fpLessEqual(gap(a, b), subtract(a.radius, b.radius))),
  circle_contained: two("circle", "circle", (a, b) => fpLessEqual(gap(a, b), subtract(b.radius, a.radius))),
  circle_contain_pt: two("circle", "point", (c, p) => pointDistance(c.center, p) <= c.radius),
  pt_contained_circle: two("point", "circle", (p, c) => pointDistance(c.center, p) <= c.radius),
  circle_distance: two("circle", "circle", (a, b) => atLeastZero(subtract(gap(a, b), add(a.radius, b.radius)))),
  dist_pc: two("point", "circle", pointToCircle),
  dist_cpoint: two("circle", "point", (c, p) => pointToCircle(p, c)),
  dist_cpoly: two("circle", "polygon", circleToPolygon),
  dist_polyc: two("polygon", "circle", (p, c) => circleToPolygon(c, p)),
  circle_add_pt: two("circle", "point", (c, p) => ofCircle({ ...c, center: addPoints(c.center, p) })),
  circle_sub_pt: two("circle", "point", (c, p) => ofCircle({ ...c, center: subtractPoints(c.center, p) })),
  circle_mul_pt: two("circle", "point", (c, p) =>
    ofCircle({ center: multiplyPoints(c.center, p), radius: multiply(c.radius, hypotenuse(p.x, p.y)) }),
  ),
  circle_div_pt: two("circle", "point", (c, p) =>
    ofCircle({ center: dividePoints(c.center, p), radius: divide(c.radius, hypotenuse(p.x, p.y)) }),
  ),
  "area(circle)": one("circle", circleArea),
  diameter: one("circle", (c) => multiply(c.radius, 2)),
  radius: one("circle", (c) => c.radius),
  "circle(point,float8)": (_c, p: Doubles, radius: number) => Float64Array.of(p[0]!, p[1]!, radius),
  "circle(box)": one("box", (b) => ofCircle({ center: boxCenter(b), radius: pointDistance(boxCenter(b), b.high) })),
  "circle(polygon)": one("polygon", (p) => ofCircle(circleAround(p))),
});

export const geometricFamily: Family = { scalars };
